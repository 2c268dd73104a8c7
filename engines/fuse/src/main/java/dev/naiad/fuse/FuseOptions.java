package dev.naiad.fuse;

/**
 * How a server runs.
 *
 * @param threads workers reading requests, 1 to 1024
 * @param noOpen opening a file costs no request: the kernel is told once that OPEN is not
 *     implemented, and keeps each file's pages. Directories are opened by request always
 * @param maxReadahead bytes the kernel may read ahead; it takes the smaller of this and its own
 *     limit
 */
public record FuseOptions(int threads, boolean noOpen, int maxReadahead) {
    public static final int MAX_THREADS = 1024;

    public FuseOptions {
        if (threads < 1 || threads > MAX_THREADS) {
            throw new IllegalArgumentException(
                    "threads: " + threads + " is outside 1.." + MAX_THREADS);
        }
    }
}
