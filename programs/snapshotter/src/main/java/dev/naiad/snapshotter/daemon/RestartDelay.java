package dev.naiad.snapshotter.daemon;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How long to wait before a daemon is started again: one that dies again and again must not keep us
 * busy. Not thread-safe.
 */
final class RestartDelay {
    private static final Duration QUICK = Duration.ofMinutes(1);
    private static final long MOST_MILLIS = 30_000;

    private final LongSupplier nanos;
    private long runningSince;
    private int quickDeaths;

    RestartDelay(LongSupplier nanos) {
        this.nanos = nanos;
        this.runningSince = nanos.getAsLong();
    }

    void running() {
        runningSince = nanos.getAsLong();
    }

    /** Counts a death; returns what to wait. */
    Duration died() {
        boolean quick = nanos.getAsLong() - runningSince < QUICK.toNanos();
        quickDeaths = quick ? quickDeaths + 1 : 0;
        return quickDeaths < 2
                ? Duration.ZERO
                : Duration.ofMillis(Math.min(MOST_MILLIS, 250L << Math.min(quickDeaths, 10)));
    }
}
