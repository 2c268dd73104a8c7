package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.evict.DiskBudget;
import dev.naiad.blobcache.prefetch.PrefetchRate;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a mount's reads and fetches are charged to: its configuration, counters, prefetch rate and
 * disk budget. Safe for use by many threads.
 */
final class MountAccount {
    final CacheConfig config;
    final CacheMetrics metrics;
    final PrefetchRate limiter;

    /** Prefetch requests that failed since the mount was made. */
    final AtomicInteger prefetchFailures = new AtomicInteger();

    private final DiskBudget diskBudget;
    private final Duration readTimeout;
    private final Ticker ticker;

    @GuardedBy("this") private int unfinished; // reads between submit and the end of their callback

    MountAccount(
            CacheConfig config,
            CacheMetrics metrics,
            DiskBudget diskBudget,
            Duration readTimeout,
            Ticker ticker) {
        this.config = config;
        this.metrics = metrics;
        this.diskBudget = diskBudget;
        this.readTimeout = readTimeout;
        this.ticker = ticker;
        this.limiter =
                new PrefetchRate(
                        ticker,
                        config.prefetch().enabled()
                                ? config.prefetch().bandwidthBytesPerSecond()
                                : 0);
    }

    /** When a read that begins now fails, as a moment of the ticker. */
    long readDeadlineNanos() {
        return ticker.nanos() + readTimeout.toNanos();
    }

    Deadline fetchDeadline() {
        return Deadline.after(readTimeout, ticker);
    }

    /** Counts bytes that came from the backend. */
    void fetched(long bytes, Lane lane) {
        metrics.fetchedBytes.add(bytes);
        if (lane == Lane.READ) {
            limiter.drain(bytes);
        }
    }

    /** Counts bytes written to the cache directory; called outside locks. */
    void kept(long bytes) {
        diskBudget.wrote(bytes);
    }

    /** A read has begun; {@link #finished} follows, once. */
    synchronized void began() {
        unfinished++;
    }

    /** A read's callback has returned. */
    synchronized void finished() {
        unfinished--;
        notifyAll();
    }

    /**
     * Waits until no read is unfinished. Returns false if that takes longer than until {@code
     * untilNanos} of the system's ticker.
     */
    synchronized boolean awaitFinished(long untilNanos) throws InterruptedException {
        while (unfinished > 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(untilNanos - System.nanoTime());
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }
}
