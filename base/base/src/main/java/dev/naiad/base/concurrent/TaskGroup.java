package dev.naiad.base.concurrent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tasks that live no longer than the block that opened them, each on a named virtual thread.
 *
 * <pre>{@code
 * try (var group = TaskGroup.open("piece", deadline)) {
 *     for (Piece piece : missing) {
 *         group.fork(() -> fetch(piece));
 *     }
 *     group.joinOrThrow();
 * }
 * }</pre>
 *
 * The first failure interrupts the others. {@code close} interrupts what still runs and waits for
 * it, so no task outlives the block. Tasks that block in native calls or use shared file channels
 * must not rely on interrupts. Owned by the thread that opened it.
 */
public final class TaskGroup implements AutoCloseable {
    private final String name;
    private final Deadline deadline;
    private final @Nullable Semaphore limit;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    @GuardedBy("lock") private final List<Thread> threads = new ArrayList<>();

    @GuardedBy("lock") private int running;

    @GuardedBy("lock") private boolean cancelled;

    @GuardedBy("lock") private @Nullable Throwable failure;

    private TaskGroup(String name, Deadline deadline, @Nullable Semaphore limit) {
        this.name = name;
        this.deadline = deadline;
        this.limit = limit;
    }

    /**
     * A group whose threads are named {@code name-N}; {@link #joinOrThrow} waits until the
     * deadline.
     */
    public static TaskGroup open(String name, Deadline deadline) {
        return new TaskGroup(name, deadline, null);
    }

    /** A group that runs at most {@code atOnce} tasks at a time. */
    public static TaskGroup open(String name, Deadline deadline, int atOnce) {
        return new TaskGroup(name, deadline, new Semaphore(atOnce));
    }

    /** A task's outcome, there after {@link #joinOrThrow}. */
    public static final class Task<T> {
        private volatile @Nullable T value;
        private volatile boolean done;

        private Task() {}

        /**
         * The value the task returned.
         *
         * @throws IllegalStateException before the group was joined, or if the task failed
         */
        public T get() {
            T result = value;
            if (!done || result == null) {
                throw new IllegalStateException("the task has not completed; join first");
            }
            return result;
        }
    }

    /** Runs {@code work} and ignores its value. */
    @FunctionalInterface
    public interface Work {
        /** Does it. */
        void run() throws Exception;
    }

    /** Starts a task; after a failure or cancellation it is not started. */
    public void fork(Work work) {
        submit(
                () -> {
                    work.run();
                    return Boolean.TRUE;
                });
    }

    /** Starts a task that returns a value (not null). */
    public <T> Task<T> submit(Callable<T> work) {
        var task = new Task<T>();
        lock.lock();
        try {
            if (cancelled) {
                return task;
            }
            running++;
            threads.add(
                    Thread.ofVirtual()
                            .name(name + "-" + threads.size())
                            .start(() -> run(task, work)));
        } finally {
            lock.unlock();
        }
        return task;
    }

    private <T> void run(Task<T> task, Callable<T> work) {
        Throwable thrown = null;
        try {
            if (limit != null) {
                limit.acquire();
            }
            try {
                if (!isCancelled()) {
                    task.value = work.call();
                    task.done = true;
                }
            } finally {
                if (limit != null) {
                    limit.release();
                }
            }
        } catch (Throwable t) {
            thrown = t;
        }
        ended(thrown);
    }

    private void ended(@Nullable Throwable thrown) {
        lock.lock();
        try {
            running--;
            if (thrown != null) {
                if (failure == null && !cancelled) {
                    failure = thrown;
                    cancelLocked();
                } else if (failure != null
                        && !failure.equals(thrown)
                        && !(thrown instanceof InterruptedException)) {
                    failure.addSuppressed(thrown);
                }
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits for all tasks.
     *
     * @throws NaiadException the first failure if it is one, else INTERNAL around it;
     *     DEADLINE_EXCEEDED at the deadline (the tasks are then interrupted; close waits for them)
     * @throws InterruptedException if interrupted; the tasks are then interrupted as well
     */
    public void joinOrThrow() throws InterruptedException {
        lock.lock();
        try {
            while (running > 0 && failure == null) {
                long left = deadline.remainingNanos();
                if (left <= 0) {
                    cancelLocked();
                    throw Deadline.exceeded(name);
                }
                try {
                    if (deadline.isNever()) {
                        changed.await();
                    } else {
                        // A fake clock does not wake us when it moves: look again now and then.
                        changed.awaitNanos(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)));
                    }
                } catch (InterruptedException e) {
                    cancelLocked();
                    throw e;
                }
            }
            while (running > 0) {
                changed.awaitUninterruptibly();
            }
            throwFailure();
            if (cancelled) {
                throw new NaiadException(ErrorKind.CANCELLED, name + " was cancelled");
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void throwFailure() {
        Throwable first = failure;
        if (first == null) {
            return;
        }
        if (first instanceof Error e) {
            throw e;
        }
        if (first instanceof RuntimeException e) {
            throw e;
        }
        ErrorKind kind =
                first instanceof InterruptedException || first instanceof CancellationException
                        ? ErrorKind.CANCELLED
                        : ErrorKind.INTERNAL;
        throw new NaiadException(kind, name + " failed: " + first.getMessage(), first);
    }

    /** Interrupts all tasks; tasks that have not started never start. */
    public void cancel() {
        lock.lock();
        try {
            cancelLocked();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void cancelLocked() {
        cancelled = true;
        for (Thread thread : threads) {
            thread.interrupt();
        }
    }

    private boolean isCancelled() {
        lock.lock();
        try {
            return cancelled;
        } finally {
            lock.unlock();
        }
    }

    /** Interrupts what still runs and waits for it. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (running > 0) {
                cancelLocked();
            }
            while (running > 0) {
                changed.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }
}
