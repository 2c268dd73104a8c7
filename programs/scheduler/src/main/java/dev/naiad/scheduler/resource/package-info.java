/**
 * Who is there: hosts, tasks and the peers that hold or want them. Pure state: no clock, no thread,
 * no socket; time and chance are arguments.
 */
@NullMarked
package dev.naiad.scheduler.resource;

import org.jspecify.annotations.NullMarked;
