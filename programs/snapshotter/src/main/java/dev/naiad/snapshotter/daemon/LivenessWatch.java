package dev.naiad.snapshotter.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.nydusdapi.NydusdClient;
import org.jspecify.annotations.Nullable;

/**
 * A silent connection to a daemon: its end says that the daemon died. Thread-safe; opening and
 * closing happen under the daemon's lock.
 */
final class LivenessWatch {
    /** Is told which connection ended; it counts only if that is still {@link #end(Object)}. */
    interface Listener {
        void ended(Object connection);
    }

    private final String name;
    private final Listener listener;

    @GuardedBy("this") private NydusdClient.@Nullable Liveness open;

    LivenessWatch(String name, Listener listener) {
        this.name = name;
        this.listener = listener;
    }

    synchronized boolean isOpen() {
        return open != null;
    }

    /** Watches the daemon that serves this client. @throws NaiadException if none does */
    synchronized void open(NydusdClient client) {
        var opened = client.openLiveness();
        open = opened;
        Thread.ofVirtual()
                .name(name)
                .start(
                        () -> {
                            if (opened.awaitEnd()) {
                                listener.ended(opened);
                            }
                        });
    }

    /** Closes the connection if it is this one; answers whether it was. */
    @SuppressWarnings("ReferenceEquality") // this very connection, not one that looks alike
    synchronized boolean end(Object connection) {
        if (open != connection) {
            return false;
        }
        close();
        return true;
    }

    synchronized void close() {
        var closing = open;
        open = null;
        if (closing != null) {
            closing.close();
        }
    }
}
