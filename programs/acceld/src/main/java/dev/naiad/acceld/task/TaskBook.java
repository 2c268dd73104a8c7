package dev.naiad.acceld.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All tasks that are shown, in memory and in the log. For several threads. */
final class TaskBook {
    private static final Logger LOG = LoggerFactory.getLogger(TaskBook.class);

    /** How long a finished task is shown. */
    static final Duration KEPT = Duration.ofHours(24);

    private static final int MOST_KEPT = 100_000;

    private final TaskLog log;
    private final InstantSource clock;
    private final ReentrantLock lock = new ReentrantLock(); // never held while the disk is used

    /** By id. */
    @GuardedBy("lock") private final Map<String, Task> tasks = new HashMap<>();

    TaskBook(TaskLog log, InstantSource clock) {
        this.log = log;
        this.clock = clock;
    }

    /** Reads what the last process left. */
    List<Task> load() {
        List<Task> all = log.tasks();
        all.forEach(this::keep);
        return all;
    }

    /** Takes a new task, which then is on the disk; fails if it cannot be. */
    void add(Task task) {
        log.put(task);
        keep(task);
    }

    /**
     * Takes another state of a task. A disk that is full keeps nobody from working; the next
     * process then knows less.
     */
    void store(Task task) {
        try {
            log.put(task);
        } catch (NaiadException e) {
            LOG.error("task {} cannot be stored: {}", task.id(), e.what());
        }
        keep(task);
    }

    private void keep(Task task) {
        lock.lock();
        try {
            tasks.put(task.id(), task);
        } finally {
            lock.unlock();
        }
    }

    Task get(String id) {
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

    /** All tasks, the newest first. */
    List<Task> list() {
        lock.lock();
        try {
            var all = new ArrayList<>(tasks.values());
            all.sort(Comparator.comparing(Task::created).reversed());
            return all;
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what was finished long ago, and the oldest of far too many. */
    void expire() {
        Instant oldest = clock.instant().minus(KEPT);
        List<Task> finished =
                list().reversed().stream().filter(task -> task.finished().isPresent()).toList();
        int tooMany = finished.size() - MOST_KEPT;
        var gone = new ArrayList<String>();
        for (Task task : finished) {
            boolean old = task.finished().filter(oldest::isAfter).isPresent();
            if (old || gone.size() < tooMany) {
                gone.add(task.id());
            }
        }
        forget(gone);
    }

    void forget(Collection<String> ids) {
        lock.lock();
        try {
            ids.forEach(tasks::remove);
        } finally {
            lock.unlock();
        }
        try {
            log.forget(ids);
        } catch (NaiadException e) {
            LOG.warn("tasks cannot be removed: {}", e.what());
        }
    }
}
