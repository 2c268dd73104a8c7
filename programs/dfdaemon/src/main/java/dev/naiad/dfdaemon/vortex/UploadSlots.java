package dev.naiad.dfdaemon.vortex;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.swarm.peer.SlotLimit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.LongSupplier;

/**
 * Lets few pieces be sent at once, of all tasks, so that each is soon whole at its receiver and
 * goes on from there. Who comes later waits, in order. An upload that does not move has no slot for
 * that time: a child that does not read delays nobody.
 *
 * <p>Safe for threads.
 */
public final class UploadSlots {
    /** Two fill a link: one waits for its child's next request while the other one sends. */
    private static final int LEAST = 2;

    private static final int MOST = 16;
    private static final Duration STUCK = Duration.ofSeconds(1);

    /**
     * What a child that chooses among parents wants to know.
     *
     * @param uploads that run or wait
     * @param slots how many may run
     */
    public record Load(int uploads, int slots) {}

    private final LongSupplier nanoTime;
    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

    @GuardedBy("this") private final SlotLimit limit = new SlotLimit(LEAST, MOST);

    @GuardedBy("this") private final Set<Upload> running = new HashSet<>();

    @GuardedBy("this") private final Queue<CountDownLatch> waiting = new ArrayDeque<>();

    @GuardedBy("this") private int granted;

    @GuardedBy("this") private long bytes;

    private volatile long lastMoved;

    public UploadSlots(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        this.lastMoved = nanoTime.getAsLong() - 2 * STUCK.toNanos();
    }

    /** One upload that has a slot. */
    public final class Upload implements AutoCloseable {
        private volatile long moved = nanoTime.getAsLong();

        private Upload() {}

        /** Bytes were sent. */
        public void moved(long count) {
            moved = nanoTime.getAsLong();
            lastMoved = moved;
            synchronized (UploadSlots.this) {
                bytes += count;
            }
        }

        @Override
        public void close() {
            synchronized (UploadSlots.this) {
                running.remove(this);
                grant();
            }
            tell();
        }
    }

    /** Hears, on any thread, that the load changed. Must not block. */
    public void onChange(Runnable listener) {
        listeners.add(listener);
    }

    /** Waits for a slot. */
    public Upload acquire() throws InterruptedException {
        var turn = new CountDownLatch(1);
        synchronized (this) {
            waiting.add(turn);
            grant();
        }
        tell();
        boolean mine = false;
        try {
            turn.await();
            mine = true;
        } finally {
            if (!mine) {
                giveUp(turn);
            }
        }
        var upload = new Upload();
        synchronized (this) {
            granted--;
            running.add(upload);
        }
        return upload;
    }

    private synchronized void giveUp(CountDownLatch turn) {
        if (!waiting.remove(turn)) {
            granted--;
            grant();
        }
    }

    @GuardedBy("this") private void grant() {
        int active = active();
        while (active < limit.limit() && !waiting.isEmpty()) {
            waiting.remove().countDown();
            granted++;
            active++;
        }
    }

    @GuardedBy("this") private int active() {
        long now = nanoTime.getAsLong();
        int active = granted;
        for (Upload upload : running) {
            active += now - upload.moved < STUCK.toNanos() ? 1 : 0;
        }
        return active;
    }

    /** What runs and waits now. */
    public synchronized Load load() {
        return new Load(active() + waiting.size(), limit.limit());
    }

    /** Whether bytes left within the last second. */
    public boolean isMoving() {
        return nanoTime.getAsLong() - lastMoved < STUCK.toNanos();
    }

    /** Time passes; to be called several times a second. */
    public void tick() {
        synchronized (this) {
            limit.tick(nanoTime.getAsLong(), bytes, active() >= limit.limit());
            grant();
        }
    }

    private void tell() {
        listeners.forEach(Runnable::run);
    }
}
