package dev.naiad.snapshotter.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class FailoverPaceTest {
    private final AtomicLong now = new AtomicLong();

    private void after(Duration time) {
        now.addAndGet(time.toNanos());
    }

    @Test
    void aDaemonKilledEveryFourSecondsIsReplacedWithoutAPause() {
        var pace = new FailoverPace(now::get);
        for (int kill = 0; kill < 50; kill++) {
            pace.running();
            after(Duration.ofSeconds(4));
            assertThat(pace.died()).isZero();
        }
    }

    @Test
    void successorsThatFailOneAfterTheOtherAreStartedWithAShortPause() {
        var pace = new FailoverPace(now::get);
        for (int failure = 1; failure <= 5; failure++) {
            assertThat(pace.failed()).isZero();
        }
        for (int failure = 1; failure <= 5; failure++) {
            pace.running();
            after(Duration.ofMillis(100));
            assertThat(pace.died()).isEqualTo(Duration.ofSeconds(failure));
        }
        assertThat(pace.failed()).isEqualTo(Duration.ofSeconds(5));
        assertThat(pace.failures()).isEqualTo(1);
        pace.running();
        after(Duration.ofSeconds(2));
        assertThat(pace.died()).isZero();
        assertThat(pace.failures()).isZero();
    }

    @Test
    void restartsWithoutASessionWaitLongerFromDeathToDeath() {
        var delay = new RestartDelay(now::get);
        assertThat(delay.died()).isZero();
        assertThat(delay.died()).isEqualTo(Duration.ofSeconds(1));
        assertThat(delay.died()).isEqualTo(Duration.ofSeconds(2));
        for (int i = 0; i < 10; i++) {
            assertThat(delay.died()).isLessThanOrEqualTo(Duration.ofSeconds(30));
        }
        delay.running();
        after(Duration.ofMinutes(2));
        assertThat(delay.died()).isZero();
    }
}
