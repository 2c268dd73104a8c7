package dev.naiad.blobcache.prefetch;

import dev.naiad.base.time.Ticker;

/**
 * The bucket that prefetch draws its bytes from, and that readers' fetches drain without waiting.
 * compat: the original's limit is never below 16 MiB/s, the bucket starts full and holds one
 * second's worth.
 *
 * <p>It says how long to wait instead of waiting, so that whoever waits can be stopped. Safe for
 * use by many threads.
 */
public final class RateLimiter {
    private static final long FLOOR = 16L << 20;

    private final Ticker ticker;
    private final double bytesPerSecond;

    private double level; // guarded by this; bytes that may go now, negative while in debt
    private long filledAt; // guarded by this

    /**
     * @param bytesPerSecond 0: no limit
     */
    public RateLimiter(Ticker ticker, long bytesPerSecond) {
        this.ticker = ticker;
        this.bytesPerSecond = bytesPerSecond == 0 ? 0 : Math.max(FLOOR, bytesPerSecond);
        this.level = this.bytesPerSecond;
        this.filledAt = ticker.nanos();
    }

    /** 0 if a request may go now, else the nanoseconds until asking again makes sense. */
    public synchronized long waitNanos() {
        if (bytesPerSecond == 0) {
            return 0;
        }
        fill();
        return level >= 0 ? 0 : Math.max(1, (long) (-level / bytesPerSecond * 1e9));
    }

    /** Takes what a prefetch request will move; asked for {@link #waitNanos} before. */
    public synchronized void take(long bytes) {
        if (bytesPerSecond != 0) {
            fill();
            level -= bytes;
        }
    }

    /** Takes {@code bytes} whatever the level: what readers fetched counts, but never waits. */
    public synchronized void drain(long bytes) {
        if (bytesPerSecond != 0) {
            fill();
            // Readers alone must not push prefetch into a debt of minutes.
            level = Math.max(level - bytes, -bytesPerSecond);
        }
    }

    private void fill() {
        long now = ticker.nanos();
        level = Math.min(bytesPerSecond, level + (now - filledAt) / 1e9 * bytesPerSecond);
        filledAt = now;
    }
}
