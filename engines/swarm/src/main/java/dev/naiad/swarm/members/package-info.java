/**
 * What a scheduler decides about one task: who is told of whom. Pure, without a lock of its own;
 * used by the scheduler and by the simulator.
 */
@NullMarked
package dev.naiad.swarm.members;

import org.jspecify.annotations.NullMarked;
