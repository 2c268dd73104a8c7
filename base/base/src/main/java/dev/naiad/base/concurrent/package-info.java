/** Small concurrency tools: task groups, single flight, deadlines, byte budgets. */
@NullMarked
package dev.naiad.base.concurrent;

import org.jspecify.annotations.NullMarked;
