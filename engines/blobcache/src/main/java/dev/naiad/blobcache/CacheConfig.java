package dev.naiad.blobcache;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How one mount caches: the {@code cache} section of nydusd's configuration, parsed.
 *
 * @param id what the counters are registered under
 * @param workDir where the files lie; empty: nothing is kept (cache type "" and "dummycache"), each
 *     read fetches whole chunks
 * @param keepsCompressed bytes are kept as they are in the blob
 * @param batchBytes a fetch for a reader is extended over missing neighbours up to this many
 *     compressed bytes ({@code amplify_io})
 * @param prefetch loading ahead
 * @param diskBudgetBytes files of blobs that are not in use are removed, the longest unused first,
 *     when all files of the directory together pass this; 0: never
 */
public record CacheConfig(
        String id,
        Optional<Path> workDir,
        boolean keepsCompressed,
        long batchBytes,
        Prefetch prefetch,
        long diskBudgetBytes) {

    /**
     * Loading ahead of readers.
     *
     * @param threads at one time
     * @param mergingBytes neighbours are fetched together up to this many compressed bytes
     * @param bandwidthBytesPerSecond 0: no limit
     */
    public record Prefetch(
            boolean enabled, int threads, long mergingBytes, long bandwidthBytesPerSecond) {
        public static final Prefetch OFF = new Prefetch(false, 8, 1 << 20, 0);
    }

    /** The original's defaults for a cache directory. */
    public static CacheConfig in(Path workDir) {
        return new CacheConfig("", Optional.of(workDir), false, 1 << 20, Prefetch.OFF, 0);
    }

    /** No cache directory. */
    public static CacheConfig none() {
        return new CacheConfig("", Optional.empty(), false, 1 << 20, Prefetch.OFF, 0);
    }

    public CacheConfig withPrefetch(Prefetch other) {
        return new CacheConfig(id, workDir, keepsCompressed, batchBytes, other, diskBudgetBytes);
    }

    public CacheConfig withBatchBytes(long bytes) {
        return new CacheConfig(id, workDir, keepsCompressed, bytes, prefetch, diskBudgetBytes);
    }

    public CacheConfig keepingCompressed() {
        return new CacheConfig(id, workDir, true, batchBytes, prefetch, diskBudgetBytes);
    }
}
