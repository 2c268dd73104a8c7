/**
 * Tasks in motion: which piece is fetched next and from whom, the conversation with the scheduler,
 * the parents, the readers who wait.
 */
@NullMarked
package dev.naiad.dfdaemon.task;

import org.jspecify.annotations.NullMarked;
