package dev.naiad.blobcache;

import java.time.Duration;

/**
 * What one daemon may use, whatever the number of its mounts.
 *
 * @param inFlightBytes buffers of all running fetches together; prefetch takes at most half
 * @param readThreads fetches for readers at one time
 * @param prefetchThreads fetches ahead of readers at one time, for all mounts
 * @param readTimeout after which a read fails, whatever its fetches do
 */
public record BlobCacheLimits(
        long inFlightBytes, int readThreads, int prefetchThreads, Duration readTimeout) {
    public static final BlobCacheLimits DEFAULT =
            new BlobCacheLimits(32L << 20, 8, 10, Duration.ofSeconds(60));

    public BlobCacheLimits {
        if (inFlightBytes < 1
                || readThreads < 1
                || prefetchThreads < 1
                || !readTimeout.isPositive()) {
            throw new IllegalArgumentException("limits must be positive");
        }
    }
}
