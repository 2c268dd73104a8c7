package dev.naiad.net.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.wire.WireReader;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The connections of one route: a bounded number in use, the idle ones taken last in first out. */
final class Pool {
    private final Semaphore permits;
    private final int size;
    private final Duration idleTimeout;

    @GuardedBy("itself") private final ArrayDeque<WireReader> idle = new ArrayDeque<>();

    @GuardedBy("idle") private boolean closed;

    Pool(int connections, Duration idleTimeout) {
        this.permits = new Semaphore(connections, true);
        this.size = connections;
        this.idleTimeout = idleTimeout;
    }

    /** Waits for the right to use a connection. */
    void acquire(Duration atMost, String what) {
        try {
            if (atMost.isZero()) {
                permits.acquire();
            } else if (!permits.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new NaiadException(
                        ErrorKind.DEADLINE_EXCEEDED,
                        what + ": no connection became free, " + size + " are in use");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, what + ": interrupted", e);
        }
    }

    /** An idle connection that is still of use. */
    @Nullable WireReader take() {
        while (true) {
            WireReader candidate;
            synchronized (idle) {
                candidate = idle.pollLast();
            }
            if (candidate == null) {
                return null;
            }
            if (candidate.wire().wake() && !candidate.hasBuffered() && candidate.wire().quiet()) {
                return candidate;
            }
            candidate.wire().abort();
        }
    }

    /** Ends a use. */
    void release(WireReader connection, boolean usable) {
        if (!usable || connection.hasBuffered() || !keep(connection)) {
            connection.wire().close();
        }
        permits.release();
    }

    private boolean keep(WireReader connection) {
        connection.wire().sleep(idleTimeout);
        synchronized (idle) {
            if (!closed) {
                // Those that the watchdog has closed meanwhile are at the old end.
                while (!idle.isEmpty() && !idle.peekFirst().wire().isOpen()) {
                    idle.pollFirst();
                }
                idle.addLast(connection);
            }
            return !closed;
        }
    }

    void giveUp() {
        permits.release();
    }

    void close() {
        synchronized (idle) {
            closed = true;
            idle.forEach(connection -> connection.wire().abort());
            idle.clear();
        }
    }

    /** Idle connections, for tests and metrics. */
    int idleCount() {
        synchronized (idle) {
            return idle.size();
        }
    }
}
