package dev.naiad.base.concurrent;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A bound on bytes in use. Waiters are served in order. A request larger than the whole budget
 * waits until nothing else is in use and then runs alone, so a large request is slow rather than
 * impossible. Safe for use by many threads.
 */
public final class ByteBudget {
    private final String name;
    private final long total;
    private final ReentrantLock lock = new ReentrantLock(true);
    private final Condition freed = lock.newCondition();

    @GuardedBy("lock") private long used;

    @GuardedBy("lock") private long nextTicket;

    @GuardedBy("lock") private long serving;

    /** Tickets that gave up before their turn. */
    @GuardedBy("lock") private final Set<Long> left = new HashSet<>();

    /** A budget of {@code total} bytes, named in errors. */
    public ByteBudget(String name, long total) {
        if (total <= 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, name + ": a budget of " + total + " bytes");
        }
        this.name = name;
        this.total = total;
    }

    /** Bytes taken from the budget, given back by close. */
    public final class Lease implements AutoCloseable {
        private long bytes;

        private Lease(long bytes) {
            this.bytes = bytes;
        }

        /** Gives the bytes back; further calls do nothing. */
        @Override
        public void close() {
            lock.lock();
            try {
                used -= bytes;
                bytes = 0;
                freed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    /**
     * Takes {@code bytes}, waiting until they are free.
     *
     * @throws NaiadException RESOURCE_EXHAUSTED if they are not free before the deadline
     * @throws InterruptedException if interrupted while waiting
     */
    public Lease acquire(long bytes, Deadline deadline) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long ticket = nextTicket++;
            try {
                while (ticket != serving || !fits(bytes)) {
                    long left = deadline.remainingNanos();
                    if (left <= 0) {
                        throw new NaiadException(
                                ErrorKind.RESOURCE_EXHAUSTED,
                                name
                                        + ": "
                                        + bytes
                                        + " bytes were not free in time ("
                                        + used
                                        + " of "
                                        + total
                                        + " in use)");
                    }
                    freed.awaitNanos(left);
                }
                used += bytes;
                return new Lease(bytes);
            } finally {
                leave(ticket);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void leave(long ticket) {
        left.add(ticket);
        while (left.remove(serving)) {
            serving++;
        }
        freed.signalAll();
    }

    @GuardedBy("lock") private boolean fits(long bytes) {
        return used == 0 || bytes <= total - used;
    }

    /** The bytes in use. */
    public long used() {
        lock.lock();
        try {
            return used;
        } finally {
            lock.unlock();
        }
    }

    /** The whole budget in bytes. */
    public long total() {
        return total;
    }
}
