/** Monotonic time as a parameter. */
@NullMarked
package dev.naiad.base.time;

import org.jspecify.annotations.NullMarked;
