/** Forgets hosts, tasks and peers that nobody will miss. */
@NullMarked
package dev.naiad.scheduler.gc;

import org.jspecify.annotations.NullMarked;
