package dev.naiad.dfdaemon.piece;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A limit of bytes per second shared by all transfers of one kind. A transfer takes what it is
 * about to move and waits until the debt it made is paid off, so takes above the rate are slow, not
 * refused.
 */
public final class RateLimiter {
    private static final double NANOS = 1e9;

    private final double bytesPerNano;
    private final double burst;
    private final LongSupplier nanoTime;

    @GuardedBy("this") private double tokens;

    @GuardedBy("this") private long last;

    public RateLimiter(long bytesPerSecond, LongSupplier nanoTime) {
        if (bytesPerSecond <= 0) {
            throw new IllegalArgumentException("rate of " + bytesPerSecond + " bytes per second");
        }
        this.bytesPerNano = bytesPerSecond / NANOS;
        this.burst = bytesPerSecond / 10.0;
        this.nanoTime = nanoTime;
        this.tokens = burst;
        this.last = nanoTime.getAsLong();
    }

    /** Takes {@code bytes} and says how many nanoseconds the caller has to wait for them. */
    public synchronized long reserve(long bytes) {
        long now = nanoTime.getAsLong();
        tokens = Math.min(burst, tokens + (now - last) * bytesPerNano);
        last = now;
        tokens -= bytes;
        return tokens >= 0 ? 0 : (long) (-tokens / bytesPerNano);
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
