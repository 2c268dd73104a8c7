package dev.naiad.base.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class TokenBucketTest {
    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final TokenBucket bucket = new TokenBucket(now::get, 100, 50);

    private void pass(long millis) {
        now.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
    }

    @Test
    void startsFullRefillsAtItsRateAndHoldsNoMoreThanItsCapacity() {
        assertThat(bucket.tryTake(50)).isTrue();
        assertThat(bucket.tryTake(1)).isFalse();
        pass(10);
        assertThat(bucket.tryTake(1)).isTrue();
        assertThat(bucket.tryTake(1)).isFalse();
        pass(3_600_000);
        assertThat(bucket.tryTake(51)).isFalse();
        assertThat(bucket.tryTake(50)).isTrue();
    }

    @Test
    void aTakeAboveTheLevelIsPaidForByWaiting() {
        assertThat(bucket.take(50)).isZero();
        assertThat(bucket.take(25)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(250));
        pass(100);
        assertThat(bucket.waitNanos()).isEqualTo(TimeUnit.MILLISECONDS.toNanos(150));
        pass(150);
        assertThat(bucket.waitNanos()).isZero();
        assertThat(bucket.tryTake(1)).isFalse();
    }

    @Test
    void drainingLeavesNoMoreDebtThanAllowedAndForgivesNone() {
        bucket.drain(1000, 100);
        assertThat(bucket.waitNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(1));
        bucket.take(100);
        bucket.drain(1, 100);
        assertThat(bucket.waitNanos()).isEqualTo(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void aRateOfNothingIsRefused() {
        assertThatThrownBy(() -> new TokenBucket(now::get, 0, 1))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
