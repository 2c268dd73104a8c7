package dev.naiad.blobcache;

import java.util.List;

/**
 * A mount's figures at a moment, for {@code /api/v1/metrics/blobcache} (names of the original in
 * docs/formats/blobcache.md) and for our own metrics.
 *
 * @param underlyingFiles names, not paths, of the data files in use
 * @param storePath the cache directory, "" without one
 * @param entriesCount chunks ready in all blobs of the mount
 * @param dataAllReady every chunk of every blob is ready
 * @param fetchedBytes compressed bytes that came from the backend, chunk table included
 * @param failedReads reads that ended in an error
 * @param badChunks chunks that failed their digest, each attempt
 * @param checkedChunks chunks in the cache that were digested at their first use under this boot
 * @param uncachedChunks chunks served but not kept, because the disk was full or broken
 */
public record CacheSnapshot(
        List<String> underlyingFiles,
        String storePath,
        long partialHits,
        long wholeHits,
        long total,
        long entriesCount,
        long prefetchDataAmount,
        long prefetchRequestsCount,
        int prefetchWorkers,
        long prefetchUnmergedChunks,
        long prefetchCumulativeTimeMillis,
        long prefetchBeginMillis,
        long prefetchEndMillis,
        long bufferedBackendSize,
        boolean dataAllReady,
        long readBytes,
        long fetchedBytes,
        long failedReads,
        long badChunks,
        long checkedChunks,
        long uncachedChunks) {
    public CacheSnapshot {
        underlyingFiles = List.copyOf(underlyingFiles);
    }
}
