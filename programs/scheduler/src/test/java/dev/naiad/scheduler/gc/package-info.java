@NullMarked
package dev.naiad.scheduler.gc;

import org.jspecify.annotations.NullMarked;
