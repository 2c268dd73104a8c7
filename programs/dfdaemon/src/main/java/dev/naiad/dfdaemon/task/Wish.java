package dev.naiad.dfdaemon.task;

/** What a reader is after: pieces {@code from} to {@code to}, exclusive. */
record Wish(int from, int to, boolean prefetch) {
    boolean covers(int piece) {
        return from <= piece && piece < to;
    }
}
