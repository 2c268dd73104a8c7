package dev.naiad.dfdaemon.piece;

import dev.naiad.base.concurrent.TokenBucket;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A limit of bytes per second shared by all transfers of one kind. A transfer takes what it is
 * about to move and waits until the debt it made is paid off, so takes above the rate are slow, not
 * refused.
 */
public final class RateLimiter {
    private final TokenBucket bucket;

    public RateLimiter(long bytesPerSecond, LongSupplier nanoTime) {
        if (bytesPerSecond <= 0) {
            throw new IllegalArgumentException("rate of " + bytesPerSecond + " bytes per second");
        }
        this.bucket =
                new TokenBucket(
                        nanoTime::getAsLong, (double) bytesPerSecond, bytesPerSecond / 10.0);
    }

    /** Takes {@code bytes} and says how many nanoseconds the caller has to wait for them. */
    public long reserve(long bytes) {
        return bucket.take(bytes);
    }

    /** Takes {@code bytes}, waiting as long as the limit demands. */
    public void acquire(long bytes) {
        long wait = reserve(bytes);
        long until = System.nanoTime() + wait;
        while (wait > 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(this, wait);
            wait = until - System.nanoTime();
        }
    }
}
