package dev.naiad.snapshotter.daemon;

import java.time.Duration;

/**
 * How long to wait before a daemon is started again: one that dies again and again must not keep us
 * busy. Not thread-safe.
 */
final class RestartDelay {
    private static final Duration QUICK = Duration.ofMinutes(1);
    private static final long MOST_MILLIS = 30_000;

    private long runningSince;
    private int quickDeaths;

    void running() {
        runningSince = System.nanoTime();
    }

    /** Counts a death; returns what to wait. */
    Duration died() {
        boolean quick = System.nanoTime() - runningSince < QUICK.toNanos();
        quickDeaths = quick ? quickDeaths + 1 : 0;
        return quickDeaths < 2
                ? Duration.ZERO
                : Duration.ofMillis(Math.min(MOST_MILLIS, 250L << Math.min(quickDeaths, 10)));
    }
}
