package dev.naiad.scheduler.resource;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Function;

/** All tasks, each under a lock of its own: tasks never wait for one another. */
public final class Swarms {
    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
    private final int backToSourceLimit;

    /** An empty registry whose tasks let this many peers fetch from the origin at once. */
    public Swarms(int backToSourceLimit) {
        this.backToSourceLimit = backToSourceLimit;
    }

    /** A task under its lock. */
    public static final class Entry {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private final Swarm swarm; // guarded by lock
        private boolean dropped; // guarded by lock

        private Entry(Swarm swarm) {
            this.swarm = swarm;
        }

        /**
         * Works on the task alone; those who wait for a change are woken when it made one. No I/O
         * inside.
         */
        public <T> T call(Function<Swarm, T> work) {
            lock.lock();
            try {
                long before = swarm.version();
                try {
                    return work.apply(swarm);
                } finally {
                    if (swarm.version() != before) {
                        changed.signalAll();
                    }
                }
            } finally {
                lock.unlock();
            }
        }

        /**
         * Waits until the task's version differs from the one seen, the wait is cancelled (then
         * {@link #wake}) or the time is over.
         */
        public void awaitChange(long seen, Duration atMost, BooleanSupplier cancelled)
                throws InterruptedException {
            long nanos = atMost.toNanos();
            lock.lock();
            try {
                while (nanos > 0 && swarm.version() == seen && !cancelled.getAsBoolean()) {
                    nanos = changed.awaitNanos(nanos);
                }
            } finally {
                lock.unlock();
            }
        }

        /** Makes every waiter look again. */
        public void wake() {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /** The task with this id. */
    public Optional<Entry> find(String taskId) {
        return Optional.ofNullable(entries.get(taskId));
    }

    /** Works on a task, which is made if it is new. */
    public <T> T callOrCreate(String taskId, Instant now, Function<Swarm, T> work) {
        while (true) {
            var entry =
                    entries.computeIfAbsent(
                            taskId, id -> new Entry(new Swarm(id, backToSourceLimit, now)));
            entry.lock.lock();
            try {
                if (!entry.dropped) {
                    return entry.call(work);
                }
            } finally {
                entry.lock.unlock();
            }
        }
    }

    /** Drops the task if it has no peers. */
    public boolean dropIfEmpty(String taskId) {
        var entry = entries.get(taskId);
        if (entry == null) {
            return false;
        }
        entry.lock.lock();
        try {
            if (!entry.swarm.peers().isEmpty()) {
                return false;
            }
            entry.dropped = true;
            return entries.remove(taskId, entry);
        } finally {
            entry.lock.unlock();
        }
    }

    /** The ids of all tasks, a live view. */
    public Collection<String> ids() {
        return Collections.unmodifiableCollection(entries.keySet());
    }
}
