/** What all Dragonfly peers and schedulers must agree on: ids, piece layout, the scheduler ring. */
@NullMarked
package dev.naiad.dragonfly;

import org.jspecify.annotations.NullMarked;
