package dev.naiad.scheduler.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayDeque;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CostWindowTest {
    @Test
    void meanAndDeviationAreThoseOfTheSamplesBeforeTheLast() {
        var window = new CostWindow();
        for (long nanos : new long[] {10, 20, 30, 1000}) {
            window.add(nanos);
        }
        assertThat(window.size()).isEqualTo(4);
        assertThat(window.last()).isEqualTo(1000);
        assertThat(window.meanBeforeLast()).isEqualTo(20);
        assertThat(window.deviationBeforeLast()).isEqualTo(Math.sqrt(200.0 / 3));
    }

    @Test
    void runningSumsEqualRecomputedOnesAfterManyTurns() {
        var window = new CostWindow();
        var expected = new ArrayDeque<Long>();
        var random = new Random(7);
        for (int i = 0; i < 3 * CostWindow.CAPACITY + 17; i++) {
            long sample = random.nextLong(1, 1_000_000_000);
            window.add(sample);
            expected.addLast(sample);
            if (expected.size() > CostWindow.CAPACITY) {
                expected.removeFirst();
            }
        }
        expected.removeLast();
        double mean = expected.stream().mapToLong(Long::longValue).average().orElseThrow();
        assertThat(window.size()).isEqualTo(CostWindow.CAPACITY);
        assertThat(window.meanBeforeLast()).isCloseTo(mean, within(1.0));
    }
}
