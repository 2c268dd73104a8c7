/**
 * What one peer decides about one task: which missing piece it takes next and from which neighbour,
 * and how many transfers run at once. Pure state machines, used by dfdaemon and by the simulator.
 */
@NullMarked
package dev.naiad.swarm.peer;

import org.jspecify.annotations.NullMarked;
