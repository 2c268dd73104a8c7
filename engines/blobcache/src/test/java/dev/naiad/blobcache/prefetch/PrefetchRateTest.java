package dev.naiad.blobcache.prefetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class PrefetchRateTest {
    private static final long MIB = 1 << 20;
    private final AtomicLong now = new AtomicLong();

    @Test
    void startsFullAndRefillsAtTheRate() {
        var limiter = new PrefetchRate(now::get, 32 * MIB);
        assertThat(limiter.waitNanos()).isZero();
        limiter.take(48 * MIB);
        assertThat(limiter.waitNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(500));
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
        assertThat(limiter.waitNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(250));
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(250));
        assertThat(limiter.waitNanos()).isZero();
    }

    @Test
    void neverHoldsMoreThanASecondsWorth() {
        var limiter = new PrefetchRate(now::get, 32 * MIB);
        now.addAndGet(TimeUnit.HOURS.toNanos(1));
        limiter.take(33 * MIB);
        assertThat(limiter.waitNanos()).isPositive();
    }

    /**
     * compat: a bandwidth_rate of 1 MiB/s, as in the guide's configuration, means 16 MiB/s in the
     * original.
     */
    @Test
    void theLimitIsNeverBelowSixteenMebibytesASecond() {
        var limiter = new PrefetchRate(now::get, MIB);
        limiter.take(16 * MIB);
        assertThat(limiter.waitNanos()).isZero();
        limiter.take(MIB);
        assertThat(limiter.waitNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(1) / 16);
    }

    @Test
    void readersDrainButTheirDebtIsBounded() {
        var limiter = new PrefetchRate(now::get, 32 * MIB);
        limiter.drain(1L << 40);
        assertThat(limiter.waitNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
    }

    @Test
    void zeroMeansNoLimit() {
        var limiter = new PrefetchRate(now::get, 0);
        limiter.take(1L << 40);
        assertThat(limiter.waitNanos()).isZero();
    }
}
