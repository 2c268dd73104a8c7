package dev.naiad.net.wire;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Ends blocked socket calls: a connection arms its {@link Watch} before a call and disarms it
 * afterwards; a watch that is found overdue closes its connection, whatever it is blocked in
 * (connect, TLS handshake, read, write, sendfile). One virtual thread serves all connections of an
 * owner and sleeps until the earliest deadline; it lives only while something is watched.
 */
public final class Watchdog implements AutoCloseable {
    private static final long NONE = Long.MAX_VALUE;
    private static final long GRAIN_NANOS = 10_000_000L;

    private final String name;
    private final Set<Watch> watches = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Thread> thread = new AtomicReference<>();
    private volatile long wakeAt = NONE;
    private volatile boolean closed;

    public Watchdog(String name) {
        this.name = name;
    }

    /** Watches a connection until {@link Watch#close}. */
    Watch watch(Runnable abort) {
        var watch = new Watch(this, abort);
        watches.add(watch);
        return watch;
    }

    private void ensureRunning(long due) {
        if (closed) {
            return;
        }
        Thread running = thread.get();
        if (running == null) {
            var fresh = Thread.ofVirtual().name("watchdog-" + name).unstarted(this::run);
            if (thread.compareAndSet(null, fresh)) {
                fresh.start();
                return;
            }
            running = thread.get();
        }
        if (running != null && due < wakeAt) {
            LockSupport.unpark(running);
        }
    }

    private void run() {
        while (!closed) {
            wakeAt = NONE; // an arm() from here on unparks us
            long now = System.nanoTime();
            long next = NONE;
            boolean any = false;
            for (Watch watch : watches) {
                any = true;
                long due = watch.due;
                if (due == NONE) {
                    continue;
                }
                if (due - now <= 0) {
                    watch.fire();
                } else {
                    next = Math.min(next, due);
                }
            }
            if (!any) {
                thread.set(null);
                // A watch that was armed between the loop and this line saw a running thread: look
                // once more.
                if (watches.isEmpty() || !thread.compareAndSet(null, Thread.currentThread())) {
                    return;
                }
                continue;
            }
            wakeAt = next;
            if (next == NONE) {
                LockSupport.park(this);
            } else {
                LockSupport.parkNanos(this, Math.max(GRAIN_NANOS, next - now));
            }
        }
    }

    /** Closes every watched connection. */
    @Override
    public void close() {
        closed = true;
        for (Watch watch : watches) {
            watch.abort.run();
        }
        watches.clear();
        Thread running = thread.getAndSet(null);
        if (running != null) {
            LockSupport.unpark(running);
        }
    }

    /** The deadline of one connection. */
    static final class Watch {
        private final Watchdog owner;
        private final Runnable abort;
        private volatile long due = NONE;
        private volatile boolean fired;

        private Watch(Watchdog owner, Runnable abort) {
            this.owner = owner;
            this.abort = abort;
        }

        /** From now on the connection has that long; 0 or less means no limit. */
        void arm(long nanos) {
            if (nanos <= 0 || nanos == NONE) {
                due = NONE;
                return;
            }
            long at = System.nanoTime() + nanos;
            due = at;
            owner.ensureRunning(at);
        }

        void disarm() {
            due = NONE;
        }

        boolean fired() {
            return fired;
        }

        private void fire() {
            fired = true;
            due = NONE;
            owner.watches.remove(this);
            abort.run();
        }

        void close() {
            due = NONE;
            owner.watches.remove(this);
        }
    }
}
