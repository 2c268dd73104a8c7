package dev.naiad.fuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Lets a killed reader go before its data arrives.
 *
 * <p>The kernel sends INTERRUPT for a waiting reader at its first signal, whatever the signal is,
 * and then waits for the answer uninterruptibly. Answering EINTR at once would be wrong: reads of
 * files are not interruptible, a page fault would become SIGBUS, and the Go runtime signals its
 * threads all the time. So an interrupted read is only watched: when its thread has a SIGKILL
 * pending (which the kernel sets for every fatal signal), nobody will look at the answer, and EINTR
 * ends the wait.
 */
final class InterruptWatch implements AutoCloseable {
    private static final long LOOK_MILLIS = 20;
    private static final long SIGKILL_BIT = 1L << 8;

    private final Set<ParkedRead> watched = ConcurrentHashMap.newKeySet();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final String name;

    @GuardedBy("lock") private boolean started;

    @GuardedBy("lock") private boolean closed;

    InterruptWatch(String name) {
        this.name = name;
    }

    void add(ParkedRead read) {
        watched.add(read);
        lock.lock();
        try {
            if (!started && !closed) {
                started = true;
                // A platform thread: it reads /proc, which blocks a carrier.
                Thread.ofPlatform().daemon().name(name + "-interrupts").start(this::run);
            }
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void remove(ParkedRead read) {
        if (!watched.isEmpty()) {
            watched.remove(read);
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (awaitWork()) {
            watched.removeIf(InterruptWatch::isOver);
        }
    }

    /** Answers a read whose reader was killed. */
    private static boolean isOver(ParkedRead read) {
        if (!read.isOpen()) {
            return true;
        }
        if (!isKilled(read.pid())) {
            return false;
        }
        read.fail(FuseResult.EINTR);
        return true;
    }

    /** Waits until there is something to watch, and then a moment. */
    @SuppressWarnings("WaitNotInLoop") // the pause of one look; being early does no harm
    private boolean awaitWork() {
        lock.lock();
        try {
            while (watched.isEmpty() && !closed) {
                changed.awaitUninterruptibly();
            }
            if (!closed) {
                boolean _ = changed.await(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            }
            return !closed;
        } catch (InterruptedException e) {
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** True if that thread has a SIGKILL pending, or is gone. */
    static boolean isKilled(int threadId) {
        if (threadId <= 0) {
            return false; // in a pid namespace that we cannot see: leave it to the deadline
        }
        try {
            var status =
                    Files.readString(
                            Path.of("/proc/" + threadId + "/status"), StandardCharsets.ISO_8859_1);
            return (mask(status, "\nSigPnd:") & SIGKILL_BIT) != 0
                    || (mask(status, "\nShdPnd:") & SIGKILL_BIT) != 0;
        } catch (IOException e) {
            return !Files.exists(Path.of("/proc/" + threadId));
        }
    }

    private static long mask(String status, String key) {
        int at = status.indexOf(key);
        if (at < 0) {
            return 0;
        }
        int end = status.indexOf('\n', at + 1);
        var digits = status.substring(at + key.length(), end < 0 ? status.length() : end).strip();
        try {
            return Long.parseUnsignedLong(digits, 16);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
