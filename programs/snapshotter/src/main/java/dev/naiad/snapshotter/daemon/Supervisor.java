package dev.naiad.snapshotter.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Poll;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.UnixSocket;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a daemon's FUSE session while the daemon is dead: its state as bytes, which mean nothing to
 * us, and its descriptors, which keep the kernel's connection open so that readers wait instead of
 * failing. The daemon is always the side that connects; the socket exists only during an exchange,
 * and every exchange ends within a deadline. One exchange at a time; the owner serialises them.
 */
final class Supervisor implements AutoCloseable {
    private static final Duration EXCHANGE = Duration.ofSeconds(10);
    private static final Duration STEP = Duration.ofMillis(100);
    private static final int READ = 64 * 1024;
    private static final int MOST_BYTES = 64 << 20;

    private final Path socket;
    private @Nullable Saved saved;

    private static final class Saved {
        final byte[] bytes;
        final List<Fd> fds;

        Saved(byte[] bytes, List<Fd> fds) {
            this.bytes = bytes;
            this.fds = List.copyOf(fds);
        }

        void close() {
            fds.forEach(Fd::close);
        }
    }

    /** What arrives after its exchange has failed or ended is closed: nobody waits for it. */
    private static final class Arrival implements AutoCloseable {
        @GuardedBy("this") private @Nullable Saved arrived;

        @GuardedBy("this") private boolean over;

        synchronized void put(Saved state) {
            if (over) {
                state.close();
            } else {
                arrived = state;
            }
        }

        synchronized @Nullable Saved take() {
            Saved taken = arrived;
            arrived = null;
            return taken;
        }

        @Override
        public synchronized void close() {
            over = true;
            if (arrived != null) {
                arrived.close();
                arrived = null;
            }
        }
    }

    /** One side of an exchange, on its own connection. */
    private interface Exchange {
        void with(Fd connection) throws IOException;
    }

    Supervisor(Path socket) {
        this.socket = socket;
    }

    boolean holdsState() {
        return saved != null;
    }

    /**
     * Has the daemon hand over its state.
     *
     * @param ask tells the daemon to connect; returns when it has
     * @throws NaiadException if it does not in time; what was held before stays
     */
    void fetch(Runnable ask) {
        try (var arrival = new Arrival()) {
            exchange(ask, connection -> arrival.put(receive(connection)));
            Saved now = arrival.take();
            if (now == null) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE, socket + ": the daemon sent no state");
            }
            drop();
            saved = now;
        }
    }

    /**
     * Hands the state to a successor.
     *
     * @param takeover tells the successor to connect; returns when it has taken over
     */
    void restore(Runnable takeover) {
        Saved held = saved;
        if (held == null) {
            throw new NaiadException(ErrorKind.FAILED_PRECONDITION, socket + ": no state is held");
        }
        exchange(takeover, connection -> UnixSocket.send(connection, held.bytes, held.fds));
    }

    private void exchange(Runnable ask, Exchange side) {
        var done = new AtomicBoolean();
        var failure = new AtomicReference<@Nullable Exception>();
        try {
            prepareSocket();
            try (Fd listener = UnixSocket.listen(RawPath.of(socket), 4)) {
                Thread peer =
                        Thread.ofPlatform()
                                .daemon()
                                .name("supervisor-" + socket.getFileName())
                                .start(
                                        () -> {
                                            try {
                                                serve(listener, done, side);
                                            } catch (IOException | RuntimeException e) {
                                                failure.set(e);
                                            }
                                        });
                try {
                    ask.run();
                    peer.join(EXCHANGE);
                } finally {
                    done.set(true);
                    peer.join(EXCHANGE);
                }
            } finally {
                Files.deleteIfExists(socket);
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.INTERNAL, socket + ": " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, socket + ": interrupted", e);
        }
        Exception thrown = failure.get();
        if (thrown != null) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, socket + ": " + thrown.getMessage(), thrown);
        }
    }

    private void prepareSocket() throws IOException {
        Path parent = socket.getParent();
        if (parent != null) {
            Files.createDirectories(parent);
            Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwx------"));
        }
        Files.deleteIfExists(socket);
    }

    private static void serve(Fd listener, AtomicBoolean done, Exchange side) throws IOException {
        long end = System.nanoTime() + EXCHANGE.toNanos();
        while (!Poll.readable(listener, STEP)) {
            if (done.get() || System.nanoTime() > end) {
                return;
            }
        }
        try (Fd connection = UnixSocket.accept(listener)) {
            UnixSocket.limitSends(connection, EXCHANGE);
            side.with(connection);
        }
    }

    private static Saved receive(Fd connection) {
        var bytes = new ByteArrayOutputStream();
        var fds = new ArrayList<Fd>();
        long end = System.nanoTime() + EXCHANGE.toNanos();
        try {
            while (true) {
                if (!Poll.readable(
                        connection, Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
                    throw new NaiadException(
                            ErrorKind.DEADLINE_EXCEEDED, "the daemon's state does not end");
                }
                UnixSocket.Message message = UnixSocket.receive(connection, READ);
                fds.addAll(message.fds());
                byte[] part = message.bytes();
                if (part.length == 0) {
                    break;
                }
                bytes.writeBytes(part);
                if (bytes.size() > MOST_BYTES) {
                    throw new NaiadException(
                            ErrorKind.RESOURCE_EXHAUSTED, "the daemon's state is too large");
                }
            }
            if (bytes.size() == 0 || fds.isEmpty()) {
                throw new NaiadException(
                        ErrorKind.UNAVAILABLE,
                        "the daemon sent "
                                + bytes.size()
                                + " bytes and "
                                + fds.size()
                                + " descriptors");
            }
            return new Saved(bytes.toByteArray(), fds);
        } catch (RuntimeException e) {
            fds.forEach(Fd::close);
            throw e;
        }
    }

    /** Lets go of the session; if its daemon is dead, its readers get errors from now on. */
    void drop() {
        Saved old = saved;
        saved = null;
        if (old != null) {
            old.close();
        }
    }

    @Override
    public void close() {
        drop();
    }
}
