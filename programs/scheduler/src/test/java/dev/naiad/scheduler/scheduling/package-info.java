@NullMarked
package dev.naiad.scheduler.scheduling;

import org.jspecify.annotations.NullMarked;
