package dev.naiad.base.life;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Owns what a program opens and closes it in reverse order. The first failure of closing is thrown,
 * later ones are suppressed in it. Registering with a closed lifecycle closes the newcomer and
 * throws. Safe for use by many threads.
 */
public final class Lifecycle implements AutoCloseable {
    private final String name;

    @GuardedBy("this") private final Deque<AutoCloseable> owned = new ArrayDeque<>();

    @GuardedBy("this") private boolean closed;

    /** A lifecycle named in errors. */
    public Lifecycle(String name) {
        this.name = name;
    }

    /** Takes ownership of {@code part}. */
    public <T extends AutoCloseable> T own(T part) {
        synchronized (this) {
            if (!closed) {
                owned.push(part);
                return part;
            }
        }
        var refusal = new NaiadException(ErrorKind.FAILED_PRECONDITION, name + " is closed");
        try {
            part.close();
        } catch (Exception e) {
            refusal.addSuppressed(e);
        }
        throw refusal;
    }

    /**
     * Takes ownership of {@code part} and starts it; if the start fails, it is closed with the
     * rest.
     */
    public <T extends Startable> T start(T part) throws Exception {
        own(part).start();
        return part;
    }

    /** Runs {@code action} when the lifecycle is closed. */
    public void onClose(AutoCloseable action) {
        own(action);
    }

    /**
     * Closes what is owned, last first. A checked failure is wrapped in a {@link NaiadException}.
     */
    @Override
    public void close() {
        Exception first = null;
        for (AutoCloseable part = next(); part != null; part = next()) {
            try {
                part.close();
            } catch (Exception e) {
                if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first instanceof RuntimeException e) {
            throw e;
        }
        if (first instanceof InterruptedException) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, name + ": closing was interrupted", first);
        }
        if (first != null) {
            throw new NaiadException(ErrorKind.INTERNAL, name + ": closing failed", first);
        }
    }

    private synchronized @Nullable AutoCloseable next() {
        closed = true;
        return owned.poll();
    }
}
