/** {@code scheduler.v2.Scheduler}: messages in, decisions of {@code scheduling} out. */
@NullMarked
package dev.naiad.scheduler.rpc;

import org.jspecify.annotations.NullMarked;
