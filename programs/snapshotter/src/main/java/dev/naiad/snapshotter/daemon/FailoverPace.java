package dev.naiad.snapshotter.daemon;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long to wait before the next successor is started: not at all, because readers wait, unless
 * one after the other fails or dies at once. Not thread-safe.
 */
final class FailoverPace {
    /** A daemon that ran this long has shown that it can. */
    private static final long PROVEN_NANOS = Duration.ofSeconds(2).toNanos();

    private static final int AT_ONCE = 5;
    private static final int MOST_SECONDS = 5;

    private final LongSupplier nanos;
    private long runningSince;
    private int shortLived;
    private int failures;

    FailoverPace(LongSupplier nanos) {
        this.nanos = nanos;
        this.runningSince = nanos.getAsLong();
    }

    void running() {
        runningSince = nanos.getAsLong();
    }

    /** Counts the death of a daemon that ran; returns what to wait. */
    Duration died() {
        failures = 0;
        if (nanos.getAsLong() - runningSince >= PROVEN_NANOS) {
            shortLived = 0;
            return Duration.ZERO;
        }
        return pause();
    }

    /** Counts a successor that did not take over; returns what to wait. */
    Duration failed() {
        failures++;
        return pause();
    }

    private Duration pause() {
        shortLived++;
        return Duration.ofSeconds(Math.clamp(shortLived - AT_ONCE, 0, MOST_SECONDS));
    }

    /** How many failed since the last one that ran. */
    int failures() {
        return failures;
    }
}
