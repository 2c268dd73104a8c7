package dev.naiad.scheduler.resource;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.time.Instant;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;

/** All tasks, each under a lock of its own: tasks never wait for one another. */
public final class Swarms {
    private final ConcurrentHashMap<String, Entry> entries = new ConcurrentHashMap<>();
    private final int backToSourceLimit;

    /** An empty registry whose tasks let this many peers fetch from the origin at once. */
    public Swarms(int backToSourceLimit) {
        this.backToSourceLimit = backToSourceLimit;
    }

    /** A task under its lock, and the bells of the peers that wait for parents. */
    public static final class Entry {
        private final ReentrantLock lock = new ReentrantLock();

        @GuardedBy("lock") private final Swarm swarm;

        /** Those that waited longest first. */
        @GuardedBy("lock") private final LinkedHashSet<Bell> waiting = new LinkedHashSet<>();

        @GuardedBy("lock") private boolean dropped;

        private Entry(Swarm swarm) {
            this.swarm = swarm;
        }

        /** Works on the task alone and wakes whom the changes concern. No I/O inside. */
        public <T> T call(Function<Swarm, T> work) {
            lock.lock();
            try {
                try {
                    return work.apply(swarm);
                } finally {
                    spread(swarm.takeNews());
                }
            } finally {
                lock.unlock();
            }
        }

        /**
         * Like {@link #call}; when the result says that its caller waits, the bell rings with the
         * next change that concerns it.
         */
        public <T> T callOrWait(Bell bell, Function<Swarm, T> work, Predicate<T> waits) {
            lock.lock();
            try {
                waiting.remove(bell);
                T result = call(work);
                if (waits.test(result)) {
                    waiting.add(bell);
                }
                return result;
            } finally {
                lock.unlock();
            }
        }

        /** The bell's owner waits no longer. */
        public void leave(Bell bell) {
            lock.lock();
            try {
                waiting.remove(bell);
            } finally {
                lock.unlock();
            }
        }

        @GuardedBy("lock") private void spread(News news) {
            switch (news) {
                case NONE -> {}
                case FOR_ONE -> {
                    if (!waiting.isEmpty()) {
                        waiting.removeFirst().ring();
                    }
                }
                case FOR_ALL -> {
                    waiting.forEach(Bell::ring);
                    waiting.clear();
                }
            }
        }
    }

    /** The task with this id. */
    public Optional<Entry> find(String taskId) {
        return Optional.ofNullable(entries.get(taskId));
    }

    /**
     * The task with this id.
     *
     * @throws NaiadException NOT_FOUND
     */
    public Entry get(String taskId) {
        return find(taskId)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND, "task " + taskId + " not found"));
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
