package dev.naiad.dfdaemon.piece;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One transfer while it runs: when it last moved, and how to cut it. The transfer's own thread is
 * never interrupted, because an interrupt would close the file it writes.
 */
public final class TransferHandle {
    private final LongSupplier nanoTime;
    private final Progress moved;
    private volatile long lastMoved;
    private volatile long bytes;

    @GuardedBy("this") private @Nullable Runnable cut;

    @GuardedBy("this") private boolean cancelled;

    /** Hears of bytes, each time some come. */
    public interface Progress {
        void moved(long count, long before);
    }

    /** A transfer that begins now. */
    public TransferHandle(LongSupplier nanoTime, Progress moved) {
        this.nanoTime = nanoTime;
        this.moved = moved;
        this.lastMoved = nanoTime.getAsLong();
    }

    /** Bytes came. Called by the transfer's thread only. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    public void moved(long count) {
        lastMoved = nanoTime.getAsLong();
        long before = bytes;
        bytes = before + count;
        moved.moved(count, before);
    }

    public long lastMoved() {
        return lastMoved;
    }

    public long bytes() {
        return bytes;
    }

    /** How to end what the transfer waits for; runs at once if it was cancelled before. */
    public void onCancel(Runnable action) {
        synchronized (this) {
            cut = action;
            if (!cancelled) {
                return;
            }
        }
        action.run();
    }

    /** Cuts the transfer; its thread then fails. */
    public void cancel() {
        Runnable action;
        synchronized (this) {
            cancelled = true;
            action = cut;
        }
        if (action != null) {
            action.run();
        }
    }

    public synchronized boolean isCancelled() {
        return cancelled;
    }
}
