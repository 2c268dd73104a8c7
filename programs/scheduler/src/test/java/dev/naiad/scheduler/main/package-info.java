@NullMarked
package dev.naiad.scheduler.main;

import org.jspecify.annotations.NullMarked;
