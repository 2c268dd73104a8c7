/** Who fetches from whom: pure decisions over {@link dev.naiad.scheduler.resource.Swarm}. */
@NullMarked
package dev.naiad.scheduler.scheduling;

import org.jspecify.annotations.NullMarked;
