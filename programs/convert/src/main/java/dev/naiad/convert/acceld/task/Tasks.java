package dev.naiad.convert.acceld.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.oci.ref.ImageReference;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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

    /** How long a finished task is shown. */
    static final Duration KEPT = Duration.ofHours(24);

    private static final int MOST_WAITING = 10_000;
    private static final int MOST_KEPT = 100_000;
    private static final int MOST_ATTEMPTS = 3;

    private final TaskLog log;
    private final ImageConversion conversion;
    private final int workers;
    private final InstantSource clock;
    private final Supplier<String> ids;
    private final Duration drain;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<String, Task> tasks = new HashMap<>(); // by id; guarded by lock
    private final Map<String, Job> waiting = new LinkedHashMap<>(); // by reference; by lock
    private final Set<String> running = new HashSet<>(); // references; guarded by lock
    private boolean closing; // guarded by lock
    private volatile boolean cutOff; // what fails from now on was interrupted
    private final List<Thread> threads = new ArrayList<>();
    private final List<Runnable> afterEach = new ArrayList<>();

    /** A task on its way. */
    private static final class Job {
        private final String id;
        private final ImageReference source;
        private final CountDownLatch done = new CountDownLatch(1);

        Job(String id, ImageReference source) {
            this.id = id;
            this.source = source;
        }
    }

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
        this.log = log;
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
        for (Task task : log.tasks()) {
            tasks.put(task.id(), task);
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
            store(task.failed(clock.instant(), "interrupted " + task.attempts() + " times"));
            return;
        }
        ImageReference source;
        try {
            source = ImageReference.parse(task.source());
        } catch (NaiadException e) {
            store(task.failed(clock.instant(), e.what()));
            return;
        }
        if (waiting.putIfAbsent(source.toString(), new Job(task.id(), source)) == null) {
            LOG.info("task {} is taken up again: {}", task.id(), source);
        } else {
            store(task.failed(clock.instant(), "interrupted; a later task has the same source"));
        }
    }

    /** A task that was asked for. */
    public final class Ticket {
        private final Job job;

        private Ticket(Job job) {
            this.job = job;
        }

        public String id() {
            return job.id;
        }

        /** Waits until the task has ended, or the queue. */
        public Task await() throws InterruptedException {
            job.done.await();
            lock.lock();
            try {
                Task task = tasks.get(job.id);
                if (task == null) {
                    throw new IllegalStateException("task " + job.id + " is forgotten");
                }
                return task;
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Queues a conversion, or joins one of the same reference that waits.
     *
     * @throws NaiadException RESOURCE_EXHAUSTED if too many wait, UNAVAILABLE if the queue closes
     *     or the disk does not take it
     */
    public Ticket submit(ImageReference source) {
        String key = source.toString();
        Job known = waitingFor(key);
        if (known != null) {
            return new Ticket(known);
        }
        Task task = Task.of(ids.get(), clock.instant(), key);
        log.put(task); // before anyone may work on it, and not under the lock
        Job job = enqueue(key, task, new Job(task.id(), source));
        if (job.id.equals(task.id())) {
            LOG.info("task {} is queued: {}", task.id(), key);
        } else {
            log.forget(List.of(task.id()));
        }
        return new Ticket(job);
    }

    private @Nullable Job waitingFor(String key) {
        lock.lock();
        try {
            if (closing) {
                throw new NaiadException(ErrorKind.UNAVAILABLE, "acceld is stopping");
            }
            Job known = waiting.get(key);
            if (known == null && waiting.size() >= MOST_WAITING) {
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED, MOST_WAITING + " tasks wait already");
            }
            return known;
        } finally {
            lock.unlock();
        }
    }

    /** The job that waits now: another one if somebody was faster. */
    private Job enqueue(String key, Task task, Job job) {
        lock.lock();
        try {
            Job faster = waiting.putIfAbsent(key, job);
            if (faster != null) {
                return faster;
            }
            tasks.put(task.id(), task);
            if (closing) {
                job.done.countDown(); // the next start takes it up
            }
            changed.signal();
            return job;
        } finally {
            lock.unlock();
        }
    }

    /** All tasks, the newest first. */
    public List<Task> list() {
        lock.lock();
        try {
            var all = new ArrayList<>(tasks.values());
            all.sort(Comparator.comparing(Task::created).reversed());
            return all;
        } finally {
            lock.unlock();
        }
    }

    private void work() {
        while (true) {
            Job job = next();
            if (job == null) {
                return;
            }
            try {
                run(job);
            } catch (InterruptedException e) {
                LOG.warn("task {} is interrupted; the next start takes it up", job.id);
                return;
            } finally {
                lock.lock();
                try {
                    running.remove(job.source.toString());
                    changed.signalAll();
                } finally {
                    lock.unlock();
                }
                job.done.countDown();
            }
        }
    }

    /** The job that waits longest and whose reference nobody converts; null at the end. */
    private @Nullable Job next() {
        lock.lock();
        try {
            while (!closing) {
                for (var entry : waiting.entrySet()) {
                    if (running.add(entry.getKey())) {
                        waiting.remove(entry.getKey());
                        return entry.getValue();
                    }
                }
                changed.await();
            }
            return null;
        } catch (InterruptedException e) {
            return null;
        } finally {
            lock.unlock();
        }
    }

    private void run(Job job) throws InterruptedException {
        Task task = task(job.id).begun();
        store(task);
        try {
            var outcome = conversion.convert(job.source);
            store(task.completed(clock.instant(), outcome));
            LOG.info("task {} is completed: {}", job.id, job.source);
        } catch (Exception e) {
            if (cutOff) {
                var interrupted = new InterruptedException("task " + job.id);
                interrupted.initCause(e);
                throw interrupted;
            }
            fail(task, e);
        } catch (Error e) {
            fail(task, e);
            throw e;
        }
        expire();
        for (Runnable action : afterEach) {
            try {
                action.run();
            } catch (RuntimeException e) {
                LOG.warn("after task {}: {}", job.id, e.toString());
            }
        }
    }

    private void fail(Task task, Throwable why) {
        String reason =
                why instanceof NaiadException known ? NaiadException.chain(known) : why.toString();
        LOG.error("task {} has failed: {}: {}", task.id(), task.source(), reason);
        store(task.failed(clock.instant(), reason));
    }

    private Task task(String id) {
        lock.lock();
        try {
            Task task = tasks.get(id);
            if (task == null) {
                throw new IllegalStateException("task " + id + " is unknown");
            }
            return task;
        } finally {
            lock.unlock();
        }
    }

    /** A disk that is full keeps nobody from working; the next process then knows less. */
    private void store(Task task) {
        try {
            log.put(task);
        } catch (NaiadException e) {
            LOG.error("task {} cannot be stored: {}", task.id(), e.what());
        }
        lock.lock();
        try {
            tasks.put(task.id(), task);
        } finally {
            lock.unlock();
        }
    }

    private void expire() {
        Instant oldest = clock.instant().minus(KEPT);
        var gone = new ArrayList<String>();
        lock.lock();
        try {
            var finished =
                    new ArrayList<>(
                            tasks.values().stream()
                                    .filter(task -> task.finished().isPresent())
                                    .sorted(Comparator.comparing(Task::created))
                                    .toList());
            int tooMany = finished.size() - MOST_KEPT;
            for (Task task : finished) {
                boolean old = task.finished().filter(oldest::isAfter).isPresent();
                if (old || gone.size() < tooMany) {
                    gone.add(task.id());
                }
            }
            gone.forEach(tasks::remove);
        } finally {
            lock.unlock();
        }
        try {
            log.forget(gone);
        } catch (NaiadException e) {
            LOG.warn("old tasks cannot be removed: {}", e.what());
        }
    }

    /** Takes nothing new, waits a while for what runs, then interrupts it. */
    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            waiting.values().forEach(job -> job.done.countDown());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        long end = System.nanoTime() + drain.toNanos();
        boolean interrupted = false;
        for (Thread thread : threads) {
            try {
                long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
                if (left <= 0 || !thread.join(Duration.ofMillis(left))) {
                    cutOff = true;
                    thread.interrupt();
                    thread.join(Duration.ofSeconds(10));
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
