package dev.naiad.acceld.task;

import dev.naiad.acceleration.engine.ImageConversion;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.error.OutOfMemory;
import dev.naiad.base.life.Startable;
import dev.naiad.oci.ref.ImageReference;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The queue of conversions and its workers. A reference that waits is not queued a second time; one
 * that runs is queued once more, because what was pushed may be newer than what is being converted,
 * but never converted twice at a time. {@link #close} lets what runs finish for a while; what was
 * not finished is begun again at the next start.
 */
public final class Tasks implements Startable, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tasks.class);

    private static final int MOST_ATTEMPTS = 3;
    private static final Duration AFTER_INTERRUPT = Duration.ofSeconds(10);

    private final TaskBook book;
    private final JobQueue queue = new JobQueue();
    private final ImageConversion conversion;
    private final int workers;
    private final InstantSource clock;
    private final Supplier<String> ids;
    private final Duration drain;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Runnable> afterEach = new ArrayList<>();
    private volatile boolean cutOff; // what fails from now on was interrupted

    /**
     * A queue that does not run yet.
     *
     * @param workers conversions at a time
     * @param ids gives each task its id
     * @param drain how long running conversions may take to finish when it is closed
     */
    public Tasks(
            TaskLog log,
            ImageConversion conversion,
            int workers,
            InstantSource clock,
            Supplier<String> ids,
            Duration drain) {
        this.book = new TaskBook(log, clock);
        this.conversion = conversion;
        this.workers = workers;
        this.clock = clock;
        this.ids = ids;
        this.drain = drain;
    }

    /** Something to do on the worker's thread after each task; to be said before the start. */
    public void afterEach(Runnable action) {
        afterEach.add(action);
    }

    /** Takes up what the last process left, then works. */
    @Override
    public void start() {
        for (Task task : book.load()) {
            if (task.status() == Task.Status.PROCESSING) {
                resume(task);
            }
        }
        for (int i = 0; i < workers; i++) {
            threads.add(Thread.ofVirtual().name("worker-" + i).start(this::work));
        }
    }

    private void resume(Task task) {
        if (task.attempts() >= MOST_ATTEMPTS) {
            fail(task, "interrupted " + task.attempts() + " times");
            return;
        }
        Job job;
        try {
            job = Job.of(task, ImageReference.parse(task.source()));
        } catch (NaiadException e) {
            fail(task, e.what());
            return;
        }
        if (queue.add(job).id().equals(task.id())) {
            LOG.info("task {} is taken up again: {}", task.id(), task.source());
        } else {
            fail(task, "interrupted; another task has the same source");
        }
    }

    /** A task that was asked for. */
    public final class Ticket {
        private final Job job;

        private Ticket(Job job) {
            this.job = job;
        }

        public String id() {
            return job.id();
        }

        /** Waits until the task has ended, or the queue. */
        public Task await() throws InterruptedException {
            job.done().await();
            return book.get(job.id());
        }
    }

    /**
     * Queues a conversion, or joins one of the same reference that waits.
     *
     * @throws NaiadException RESOURCE_EXHAUSTED if too many wait, UNAVAILABLE if the queue closes
     *     or the disk does not take it
     */
    public Ticket submit(ImageReference source) {
        Job known = queue.waitingFor(source.toString());
        if (known != null) {
            return new Ticket(known);
        }
        Task task = Task.of(ids.get(), clock.instant(), source.toString());
        book.add(task); // before anyone may work on it
        Job job = queue.add(Job.of(task, source));
        if (job.id().equals(task.id())) {
            LOG.info("task {} is queued: {}", task.id(), source);
        } else {
            book.forget(List.of(task.id()));
        }
        return new Ticket(job);
    }

    /** All tasks, the newest first. */
    public List<Task> list() {
        return book.list();
    }

    private void work() {
        for (Job job = queue.take(); job != null; job = queue.take()) {
            try {
                run(job);
            } catch (InterruptedException e) {
                LOG.warn("task {} is interrupted; the next start takes it up", job.id());
                return;
            } finally {
                queue.ended(job);
            }
        }
    }

    private void run(Job job) throws InterruptedException {
        Task task = book.get(job.id()).begun();
        book.store(task);
        try {
            var outcome = conversion.convert(job.source());
            book.store(task.completed(clock.instant(), outcome));
            LOG.info("task {} is completed: {}", job.id(), job.source());
        } catch (Exception e) {
            if (cutOff) {
                var interrupted = new InterruptedException("task " + job.id());
                interrupted.initCause(e);
                throw interrupted;
            }
            String text = e instanceof NaiadException ? NaiadException.chain(e) : e.toString();
            fail(task, OutOfMemory.message(e).orElse(text));
        } catch (Error e) {
            // It costs the task, not the worker.
            var memory = OutOfMemory.message(e);
            if (memory.isEmpty()) {
                LOG.error("task {}", job.id(), e);
            }
            fail(task, memory.orElseGet(e::toString));
        }
        book.expire();
        for (Runnable action : afterEach) {
            try {
                action.run();
            } catch (RuntimeException e) {
                LOG.warn("after task {}: {}", job.id(), e.toString());
            }
        }
    }

    private void fail(Task task, String reason) {
        LOG.error("task {} has failed: {}: {}", task.id(), task.source(), reason);
        book.store(task.failed(clock.instant(), reason));
    }

    /** Takes nothing new, waits a while for what runs, then interrupts it. */
    @Override
    public void close() {
        queue.close();
        long end = System.nanoTime() + drain.toNanos();
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0 || !thread.join(Duration.ofMillis(left))) {
                    cutOff = true;
                    thread.interrupt();
                    thread.join(AFTER_INTERRUPT);
                }
            } catch (InterruptedException e) {
                interrupted = true;
                cutOff = true;
                thread.interrupt();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
