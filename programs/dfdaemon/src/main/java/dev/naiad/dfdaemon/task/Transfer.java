package dev.naiad.dfdaemon.task;

import org.jspecify.annotations.Nullable;

/**
 * A piece on its way.
 *
 * @param parent where from; null means the origin
 * @param demanded whether a reader waited for it when it began
 */
record Transfer(int piece, @Nullable Parent parent, boolean demanded) {}
