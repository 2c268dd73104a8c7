package dev.naiad.base.concurrent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.time.Ticker;

/**
 * A token bucket that starts full. It says how long to wait instead of waiting, so that the waiting
 * can be stopped. Safe for use by many threads.
 */
public final class TokenBucket {
    private static final double NANOS_PER_SECOND = 1e9;

    private final Ticker ticker;
    private final double perSecond;
    private final double capacity;

    /** Tokens that may go now; negative while in debt. */
    @GuardedBy("this") private double level;

    @GuardedBy("this") private long filledAt;

    /**
     * @param perSecond the rate at which it fills, above 0
     * @param capacity the most it holds
     */
    public TokenBucket(Ticker ticker, double perSecond, double capacity) {
        if (!(perSecond > 0) || !(capacity >= 0)) {
            throw new IllegalArgumentException(
                    "a bucket of " + capacity + " tokens with " + perSecond + " per second");
        }
        this.ticker = ticker;
        this.perSecond = perSecond;
        this.capacity = capacity;
        this.level = capacity;
        this.filledAt = ticker.nanos();
    }

    /** Takes the tokens if all of them are there. */
    public synchronized boolean tryTake(long tokens) {
        fill();
        if (level < tokens) {
            return false;
        }
        level -= tokens;
        return true;
    }

    /** Takes the tokens, into debt if need be. Returns {@link #waitNanos}. */
    public synchronized long take(long tokens) {
        fill();
        level -= tokens;
        return debtNanos();
    }

    /** Takes the tokens, but leaves no more debt than {@code most}. */
    public synchronized void drain(long tokens, double most) {
        fill();
        level = Math.max(level - tokens, Math.min(level, -most));
    }

    /** Nanoseconds until the debt is paid; 0 if there is none. */
    public synchronized long waitNanos() {
        fill();
        return debtNanos();
    }

    @GuardedBy("this") private long debtNanos() {
        return level >= 0 ? 0 : Math.max(1, (long) (-level / perSecond * NANOS_PER_SECOND));
    }

    @GuardedBy("this") private void fill() {
        long now = ticker.nanos();
        level = Math.min(capacity, level + (now - filledAt) / NANOS_PER_SECOND * perSecond);
        filledAt = now;
    }
}
