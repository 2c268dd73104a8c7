package dev.naiad.dfdaemon.task;

/**
 * What a reader is after: pieces {@code from} to {@code to}, exclusive.
 *
 * @param prefetch whether the reader waits for nothing
 * @param source whether the origin may be asked on behalf of this reader
 */
record Wish(int from, int to, boolean prefetch, boolean source) {
    boolean covers(int piece) {
        return from <= piece && piece < to;
    }
}
