package dev.naiad.base.concurrent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(value = 120, unit = TimeUnit.SECONDS)
final class ConcurrentTest {
    private static ErrorKind kindOf(Throwable t) {
        return ((NaiadException) t).kind();
    }

    @Test
    void aGroupRunsAllItsTasks() throws Exception {
        var sum = new AtomicInteger();
        var tasks = new ArrayList<TaskGroup.Task<Integer>>();
        try (var group = TaskGroup.open("sum", Deadline.never(), 3)) {
            for (int i = 0; i < 100; i++) {
                int n = i;
                group.fork(() -> sum.addAndGet(n));
                tasks.add(group.submit(() -> n * 2));
            }
            group.joinOrThrow();
        }
        assertThat(sum.get()).isEqualTo(4950);
        assertThat(tasks.get(7).get()).isEqualTo(14);
    }

    @Test
    void theFirstFailureInterruptsTheOthersAndIsThrown() throws Exception {
        var interrupted = new AtomicBoolean();
        var started = new CountDownLatch(1);
        try (var group = TaskGroup.open("tasks", Deadline.never())) {
            group.fork(
                    () -> {
                        started.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } catch (InterruptedException e) {
                            interrupted.set(true);
                            throw e;
                        }
                    });
            group.fork(
                    () -> {
                        started.await();
                        throw new NaiadException(ErrorKind.NOT_FOUND, "blob is gone");
                    });
            assertThatThrownBy(group::joinOrThrow)
                    .hasMessage("blob is gone")
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ErrorKind.NOT_FOUND));
        }
        assertThat(interrupted).isTrue();
    }

    @Test
    void theDeadlineEndsTheWaitAndCloseWaitsForTheTasks() throws Exception {
        var time = new AtomicLong();
        var ended = new AtomicBoolean();
        var started = new CountDownLatch(1);
        try (var group = TaskGroup.open("late", Deadline.after(Duration.ofSeconds(5), time::get))) {
            group.fork(
                    () -> {
                        started.countDown();
                        try {
                            new CountDownLatch(1).await();
                        } finally {
                            ended.set(true);
                        }
                    });
            started.await();
            time.set(Duration.ofSeconds(6).toNanos());
            assertThatThrownBy(group::joinOrThrow)
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ErrorKind.DEADLINE_EXCEEDED));
        }
        assertThat(ended).isTrue();
    }

    @Test
    void nothingStartsInACancelledGroup() throws Exception {
        var ran = new AtomicBoolean();
        try (var group = TaskGroup.open("none", Deadline.never())) {
            group.cancel();
            group.fork(() -> ran.set(true));
            assertThatThrownBy(group::joinOrThrow)
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ErrorKind.CANCELLED));
        }
        assertThat(ran).isFalse();
    }

    @Test
    void oneFlightServesAllWhoWaitAndNothingIsKept() throws Exception {
        var flights = new SingleFlight<String, Integer>();
        var calls = new AtomicInteger();
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var results = new ArrayList<TaskGroup.Task<Integer>>();
        try (var group = TaskGroup.open("flight", Deadline.never())) {
            results.add(
                    group.submit(
                            () ->
                                    flights.call(
                                            "k",
                                            () -> {
                                                inside.countDown();
                                                go.await();
                                                return calls.incrementAndGet();
                                            })));
            inside.await();
            var entered = new CountDownLatch(5);
            for (int i = 0; i < 5; i++) {
                results.add(
                        group.submit(
                                () -> {
                                    entered.countDown();
                                    return flights.call("k", () -> calls.incrementAndGet());
                                }));
            }
            entered.await();
            assertThat(flights.running()).isEqualTo(1);
            go.countDown();
            group.joinOrThrow();
        }
        // A late caller may have run it again after the first one completed; one in time got its
        // value.
        assertThat(results.getFirst().get()).isEqualTo(1);
        assertThat(flights.running()).isZero();
        assertThat(flights.call("k", () -> 77)).isEqualTo(77);
    }

    @Test
    void aFailureIsToldToThoseWhoWaitAndThenForgotten() throws Exception {
        var flights = new SingleFlight<String, Integer>();
        var inside = new CountDownLatch(1);
        var go = new CountDownLatch(1);
        var leader = new AtomicReference<Throwable>();
        var thread =
                Thread.startVirtualThread(
                        () ->
                                leader.set(
                                        catchThrowable(
                                                () ->
                                                        flights.call(
                                                                "k",
                                                                () -> {
                                                                    inside.countDown();
                                                                    go.await();
                                                                    throw new NaiadException(
                                                                            ErrorKind.UNAVAILABLE,
                                                                            "registry is down");
                                                                }))));
        inside.await();
        // A waiter that gives up does not disturb the leader.
        assertThatThrownBy(() -> flights.call("k", Deadline.after(Duration.ofMillis(1)), () -> 1))
                .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ErrorKind.DEADLINE_EXCEEDED));
        go.countDown();
        thread.join();
        assertThat(leader.get()).hasMessage("registry is down");
        assertThat(flights.call("k", () -> 2)).isEqualTo(2);
    }

    @Test
    void aBudgetIsNeverExceededAndServesALargeRequestAlone() throws Exception {
        var budget = new ByteBudget("buffers", 100);
        var over = new AtomicBoolean();
        try (var group = TaskGroup.open("users", Deadline.never())) {
            for (int i = 0; i < 50; i++) {
                long bytes = i == 25 ? 1000 : 1 + i % 40;
                group.fork(
                        () -> {
                            try (var _ = budget.acquire(bytes, Deadline.never())) {
                                long used = budget.used();
                                over.compareAndSet(false, used > 100 && used != 1000);
                            }
                        });
            }
            group.joinOrThrow();
        }
        assertThat(over).isFalse();
        assertThat(budget.used()).isZero();
    }

    @Test
    void whoGivesUpOnABudgetDoesNotBlockThoseBehind() throws Exception {
        var budget = new ByteBudget("buffers", 10);
        try (var _ = budget.acquire(10, Deadline.never())) {
            assertThatThrownBy(() -> budget.acquire(1, Deadline.after(Duration.ofMillis(1))))
                    .satisfies(e -> assertThat(kindOf(e)).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED))
                    .hasMessageContaining("buffers");
            assertThat(budget.used()).isEqualTo(10);
        }
        try (var _ = budget.acquire(5, Deadline.after(Duration.ofSeconds(60)))) {
            assertThat(budget.used()).isEqualTo(5);
        }
    }

    @Test
    void aLeaseIsGivenBackOnce() throws Exception {
        var budget = new ByteBudget("buffers", 10);
        var lease = budget.acquire(5, Deadline.never());
        lease.close();
        lease.close();
        assertThat(budget.used()).isZero();
    }

    @Test
    void deadlinesCountInTheirOwnTime() {
        var time = new AtomicLong(Long.MAX_VALUE - 5);
        Deadline deadline = Deadline.after(Duration.ofNanos(10), time::get);
        assertThat(deadline.isExpired()).isFalse();
        time.addAndGet(9);
        assertThat(deadline.remainingNanos()).isEqualTo(1);
        time.addAndGet(1);
        assertThat(deadline.isExpired()).isTrue();
        assertThatThrownBy(() -> deadline.check("fetch")).hasMessage("fetch: deadline exceeded");
        assertThat(Deadline.never().isExpired()).isFalse();
        assertThat(
                        Deadline.after(Duration.ofSeconds(100), time::get)
                                .atMost(Duration.ofSeconds(1))
                                .remaining())
                .isEqualTo(Duration.ofSeconds(1));
        assertThat(List.of(Deadline.never().isNever(), deadline.isNever()))
                .containsExactly(true, false);
    }
}
