package dev.naiad.acceld.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.acceleration.engine.ImageConversion;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.FakeClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TasksTest {
    private final FakeClock clock = new FakeClock();
    private final Conversions conversions = new Conversions();
    private final AtomicInteger ids = new AtomicInteger();
    private final List<Tasks> open = new ArrayList<>();

    @TempDir Path directory = Path.of("/");

    /** Conversions that go on when they are told to. */
    private static final class Conversions implements ImageConversion {
        final List<String> begun = Collections.synchronizedList(new ArrayList<>());
        final Map<String, CountDownLatch> held = new ConcurrentHashMap<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();

        void hold(String tag) {
            held.put(tag, new CountDownLatch(1));
        }

        void release(String tag) {
            CountDownLatch latch = held.remove(tag);
            if (latch != null) {
                latch.countDown();
            }
        }

        @Override
        public Outcome convert(ImageReference source) throws Exception {
            String tag = source.tag().orElseThrow();
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            begun.add(tag);
            try {
                CountDownLatch latch = held.get(tag);
                if (latch != null) {
                    latch.await();
                }
                if (tag.startsWith("bad")) {
                    throw new NaiadException(ErrorKind.DATA_LOSS, "layer 1 is damaged");
                }
                if (tag.startsWith("large")) {
                    throw new OutOfMemoryError("Java heap space");
                }
                return new Outcome(100, 60, "");
            } finally {
                running.decrementAndGet();
            }
        }
    }

    private Tasks tasks(int workers, Duration drain) {
        var tasks =
                new Tasks(
                        TaskLog.open(directory),
                        conversions,
                        workers,
                        clock,
                        () -> "task-" + ids.incrementAndGet(),
                        drain);
        open.add(tasks);
        return tasks;
    }

    private Tasks started(int workers) {
        Tasks tasks = tasks(workers, Duration.ofSeconds(30));
        tasks.start();
        return tasks;
    }

    @AfterEach
    void close() {
        new ArrayList<>(conversions.held.keySet()).forEach(conversions::release);
        open.forEach(Tasks::close);
    }

    private static ImageReference image(String tag) {
        return ImageReference.parse("host.io/app:" + tag);
    }

    @Test
    void aTaskThatIsTooLargeSaysSoAndTheNextOneWorks() throws Exception {
        Tasks tasks = started(1);
        Task large = tasks.submit(image("large")).await();
        assertThat(large.status()).isEqualTo(Task.Status.FAILED);
        assertThat(large.reason())
                .startsWith("out of memory: a heap of ")
                .contains("NAIAD_JAVA_OPTS");
        assertThat(tasks.submit(image("1")).await().status()).isEqualTo(Task.Status.COMPLETED);
    }

    @Test
    void aTaskSucceedsOrFailsAndSaysWhy() throws Exception {
        Tasks tasks = started(1);

        Task good = tasks.submit(image("1")).await();
        clock.advance(Duration.ofSeconds(1));
        Task bad = tasks.submit(image("bad")).await();

        assertThat(good.status()).isEqualTo(Task.Status.COMPLETED);
        assertThat(good.sourceSize()).isEqualTo(100);
        assertThat(good.targetSize()).isEqualTo(60);
        assertThat(good.finished()).isPresent();
        assertThat(good.source()).isEqualTo("host.io/app:1");
        assertThat(bad.status()).isEqualTo(Task.Status.FAILED);
        assertThat(bad.reason()).isEqualTo("layer 1 is damaged");
        assertThat(tasks.list()).containsExactly(bad, good);
    }

    @Test
    void noMoreThanTheWorkersRunAndTheOthersWait() throws Exception {
        for (int i = 0; i < 5; i++) {
            conversions.hold("h" + i);
        }
        Tasks tasks = started(2);
        var tickets = new ArrayList<Tasks.Ticket>();
        for (int i = 0; i < 5; i++) {
            tickets.add(tasks.submit(image("h" + i)));
        }
        Await.until("two run", () -> conversions.begun.size() == 2);
        assertThat(tasks.list()).allMatch(task -> task.status() == Task.Status.PROCESSING);

        for (int i = 0; i < 5; i++) {
            conversions.release("h" + i);
            tickets.get(i).await();
        }

        assertThat(conversions.most).hasValue(2);
        assertThat(conversions.begun).hasSize(5);
    }

    @Test
    void aReferenceThatWaitsIsQueuedOnceAndOneThatRunsOnceMore() throws Exception {
        conversions.hold("1");
        Tasks tasks = started(3);
        tasks.submit(image("1"));
        Await.until("it runs", () -> conversions.begun.size() == 1);

        Tasks.Ticket second = tasks.submit(image("1"));
        Tasks.Ticket third = tasks.submit(image("1"));
        tasks.submit(image("2")).await(); // a worker is free, yet the same image is not begun

        assertThat(third.id()).isEqualTo(second.id());
        assertThat(conversions.begun).containsExactly("1", "2");
        conversions.release("1");
        second.await();
        assertThat(conversions.begun).containsExactly("1", "2", "1");
        assertThat(tasks.list()).hasSize(3);
    }

    @Test
    void finishedTasksAreForgottenADayLaterWhenAnotherOneEnds() throws Exception {
        Tasks tasks = started(1);
        tasks.submit(image("1")).await();
        clock.advance(TaskBook.KEPT.minusSeconds(1));
        tasks.submit(image("2")).await();
        assertThat(tasks.list()).hasSize(2);

        clock.advance(Duration.ofSeconds(2));
        tasks.submit(image("3")).await();

        Await.until("the first is gone", () -> tasks.list().size() == 2);
        assertThat(tasks.list()).extracting(Task::id).containsExactly("task-3", "task-2");
        tasks.close();
        assertThat(TaskLog.open(directory).tasks())
                .extracting(Task::id)
                .containsExactly("task-2", "task-3");
    }

    @Test
    void whatAnEndedProcessLeftIsTakenUpAgainUnderItsId() throws Exception {
        conversions.hold("1");
        Tasks first = tasks(1, Duration.ZERO);
        first.start();
        Task done = first.submit(image("0")).await();
        Tasks.Ticket running = first.submit(image("1"));
        Tasks.Ticket waiting = first.submit(image("2"));
        Await.until("it runs", () -> conversions.begun.contains("1"));
        first.close(); // no time to drain: as if it had been killed
        assertThat(running.await().status()).isEqualTo(Task.Status.PROCESSING);
        conversions.release("1");

        Tasks second = started(1);

        Await.until(
                "all are finished",
                () -> second.list().stream().allMatch(task -> task.finished().isPresent()));
        assertThat(second.list())
                .extracting(Task::id, Task::status, Task::attempts)
                .containsExactlyInAnyOrder(
                        org.assertj.core.groups.Tuple.tuple(done.id(), Task.Status.COMPLETED, 1),
                        org.assertj.core.groups.Tuple.tuple(running.id(), Task.Status.COMPLETED, 2),
                        org.assertj.core.groups.Tuple.tuple(
                                waiting.id(), Task.Status.COMPLETED, 1));
        assertThat(conversions.begun).containsExactly("0", "1", "1", "2");
    }

    @Test
    void aTaskDuringWhichAcceldEndsAgainAndAgainIsGivenUp() throws Exception {
        conversions.hold("1");
        for (int i = 0; i < 3; i++) {
            int before = conversions.begun.size();
            Tasks tasks = tasks(1, Duration.ZERO);
            tasks.start();
            if (i == 0) {
                tasks.submit(image("1"));
            }
            Await.until("it runs", () -> conversions.begun.size() > before);
            tasks.close();
        }

        Tasks last = started(1);

        assertThat(last.list()).hasSize(1);
        assertThat(last.list().getFirst().status()).isEqualTo(Task.Status.FAILED);
        assertThat(last.list().getFirst().reason()).contains("interrupted 3 times");
        assertThat(conversions.begun).hasSize(3);
    }

    @Test
    void closingLetsWhatRunsFinishAndTakesNothingNew() throws Exception {
        conversions.hold("1");
        Tasks tasks = started(1);
        Tasks.Ticket running = tasks.submit(image("1"));
        Await.until("it runs", () -> conversions.begun.size() == 1);
        Thread closing = Thread.ofVirtual().start(tasks::close);
        Await.until(
                "nothing new is taken",
                () -> {
                    try {
                        tasks.submit(image("later"));
                        return false;
                    } catch (NaiadException e) {
                        return e.kind() == ErrorKind.UNAVAILABLE;
                    }
                });
        conversions.release("1");
        closing.join();

        assertThat(running.await().status()).isEqualTo(Task.Status.COMPLETED);
        assertThat(TaskLog.open(directory).tasks().getFirst().status())
                .isEqualTo(Task.Status.COMPLETED);
    }

    @Test
    void aLineThatWasCutOffCostsThatLineOnly() throws Exception {
        Tasks tasks = started(1);
        tasks.submit(image("1")).await();
        tasks.submit(image("2")).await();
        tasks.close();
        Path file = directory.resolve("tasks.log");
        Files.writeString(file, Files.readString(file) + "\n{\"id\":\"task-3\",\"sta");

        Tasks again = started(1);
        again.submit(image("4")).await();
        again.close();

        assertThat(TaskLog.open(directory).tasks())
                .extracting(Task::source)
                .containsExactly("host.io/app:1", "host.io/app:2", "host.io/app:4");
    }

    @Test
    void whatTheDiskDoesNotTakeIsNotQueued() throws IOException {
        Tasks tasks = started(1);
        Files.createDirectory(directory.resolve("tasks.log"));

        assertThatThrownBy(() -> tasks.submit(image("1")))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("tasks.log");
        assertThat(tasks.list()).isEmpty();
    }

    @Test
    void timesAreWrittenAsGoWritesThem() {
        var base = java.time.Instant.parse("2026-01-02T03:04:05Z");

        assertThat(Task.text(base)).isEqualTo("2026-01-02T03:04:05Z");
        assertThat(Task.text(base.plusNanos(120_000_000))).isEqualTo("2026-01-02T03:04:05.12Z");
        assertThat(Task.text(base.plusNanos(1))).isEqualTo("2026-01-02T03:04:05.000000001Z");
    }
}
