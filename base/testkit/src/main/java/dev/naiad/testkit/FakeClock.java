package dev.naiad.testkit;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.time.Ticker;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** Time that moves only when told: wall clock and ticker in one. Safe for use by many threads. */
public final class FakeClock implements InstantSource, Ticker {
    private final Instant start;

    @GuardedBy("this") private Duration passed = Duration.ZERO;

    /** Begins at a fixed moment in 2026. */
    public FakeClock() {
        this(Instant.parse("2026-01-02T03:04:05Z"));
    }

    /** Begins at {@code start}. */
    public FakeClock(Instant start) {
        this.start = start;
    }

    /** Moves on. */
    public synchronized void advance(Duration duration) {
        passed = passed.plus(duration);
    }

    @Override
    public synchronized Instant instant() {
        return start.plus(passed);
    }

    @Override
    public synchronized long nanos() {
        return passed.toNanos();
    }
}
