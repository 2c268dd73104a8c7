package dev.naiad.blobcache.prefetch;

import dev.naiad.base.concurrent.TokenBucket;
import dev.naiad.base.time.Ticker;
import org.jspecify.annotations.Nullable;

/**
 * How fast prefetch may go. Readers' fetches count, but never wait. compat: the original's limit is
 * never below 16 MiB/s; the bucket starts full and holds one second's worth.
 *
 * <p>Safe for use by many threads.
 */
public final class PrefetchRate {
    private static final long FLOOR = 16L << 20;

    private final double bytesPerSecond;

    /** Null: no limit. */
    private final @Nullable TokenBucket bucket;

    /**
     * @param bytesPerSecond 0: no limit
     */
    public PrefetchRate(Ticker ticker, long bytesPerSecond) {
        this.bytesPerSecond = Math.max(FLOOR, bytesPerSecond);
        this.bucket =
                bytesPerSecond == 0
                        ? null
                        : new TokenBucket(ticker, this.bytesPerSecond, this.bytesPerSecond);
    }

    /** 0 if a request may go now, else the nanoseconds until asking again makes sense. */
    public long waitNanos() {
        return bucket == null ? 0 : bucket.waitNanos();
    }

    /** Takes what a prefetch request will move; ask for {@link #waitNanos} before. */
    public void take(long bytes) {
        if (bucket != null) {
            long _ = bucket.take(bytes);
        }
    }

    /** Takes what readers fetched. They alone never push prefetch into a debt of over a second. */
    public void drain(long bytes) {
        if (bucket != null) {
            bucket.drain(bytes, bytesPerSecond);
        }
    }
}
