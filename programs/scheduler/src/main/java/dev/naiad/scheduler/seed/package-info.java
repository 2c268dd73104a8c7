/** Seeds: which one fetches a task from the origin, and the call that asks it to. */
@NullMarked
package dev.naiad.scheduler.seed;

import org.jspecify.annotations.NullMarked;
