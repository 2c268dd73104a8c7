package dev.naiad.acceld.task;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Who waits and who runs, by reference. For several threads. */
final class JobQueue {
    private static final int MOST_WAITING = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock") private final Map<String, Job> waiting = new LinkedHashMap<>();

    @GuardedBy("lock") private final Set<String> running = new HashSet<>();

    @GuardedBy("lock") private boolean closed;

    /**
     * The job of that reference that waits; null if none does and one may be added.
     *
     * @throws NaiadException UNAVAILABLE after close, RESOURCE_EXHAUSTED if too many wait
     */
    @Nullable Job waitingFor(String key) {
        lock.lock();
        try {
            if (closed) {
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

    /** Adds a job; the answer is the one that waits now: another if somebody was faster. */
    Job add(Job job) {
        lock.lock();
        try {
            Job faster = waiting.putIfAbsent(job.key(), job);
            if (faster != null) {
                return faster;
            }
            if (closed) {
                job.done().countDown(); // the next start takes it up
            }
            changed.signal();
            return job;
        } finally {
            lock.unlock();
        }
    }

    /** The job that waits longest and whose reference nobody converts; null at the end. */
    @Nullable Job take() {
        lock.lock();
        try {
            while (!closed) {
                for (Job job : waiting.values()) {
                    if (running.add(job.key())) {
                        waiting.remove(job.key());
                        return job;
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

    /** A job that was taken has ended, well or not. */
    void ended(Job job) {
        lock.lock();
        try {
            running.remove(job.key());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        job.done().countDown();
    }

    /** Nothing is taken or added any more; waits for queued jobs end. */
    void close() {
        lock.lock();
        try {
            closed = true;
            waiting.values().forEach(job -> job.done().countDown());
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
