package dev.naiad.nydusd.failover;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.UnixSocket;
import java.io.ByteArrayOutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The supervisor's side of the socket is somebody else's: it listens during an exchange only, and
 * the daemon connects. It keeps bytes and descriptor as they are.
 */
public final class SupervisorSocket {
    /**
     * compat: snapshotter 0.13.4 receives once, with a buffer of this size, and forwards what it
     * got.
     */
    public static final int MAX_STATE = 32_768;

    private static final long LIMIT_SECONDS = 10;

    private final Path socket;

    public SupervisorSocket(Path socket) {
        this.socket = socket;
    }

    /** A daemon's state and the descriptor of its mount, which the receiver owns. */
    public record Handover(DaemonSnapshot state, Fd device) {}

    /**
     * Gives state and descriptor away; the descriptor stays the caller's, too. Does not wait for
     * the other side to read: it reads only after the request that caused this was answered.
     */
    public void save(DaemonSnapshot state, Fd device) {
        byte[] bytes = state.toBytes();
        if (bytes.length > MAX_STATE) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    "state of " + bytes.length + " bytes: the supervisor keeps " + MAX_STATE);
        }
        var _ =
                blocking(
                        () -> {
                            try (var connection = UnixSocket.connect(RawPath.of(socket))) {
                                UnixSocket.send(connection, bytes, List.of(device));
                            }
                            return bytes.length;
                        });
    }

    /** Fetches what a predecessor saved. */
    public Handover restore() {
        return blocking(this::receive);
    }

    private Handover receive() {
        try (var connection = UnixSocket.connect(RawPath.of(socket))) {
            var first = UnixSocket.receive(connection, MAX_STATE);
            var all = new ByteArrayOutputStream();
            all.writeBytes(first.bytes());
            try {
                for (var more = UnixSocket.receive(connection, MAX_STATE);
                        more.bytes().length > 0 && all.size() <= 16 * MAX_STATE;
                        more = UnixSocket.receive(connection, MAX_STATE)) {
                    more.fds().forEach(Fd::close);
                    all.writeBytes(more.bytes());
                }
                if (first.fds().isEmpty()) {
                    throw new NaiadException(
                            ErrorKind.FAILED_PRECONDITION, "the supervisor sent no descriptor");
                }
                var state = DaemonSnapshot.of(all.toByteArray());
                first.fds().subList(1, first.fds().size()).forEach(Fd::close);
                return new Handover(state, first.fds().getFirst());
            } catch (RuntimeException e) {
                first.fds().forEach(Fd::close);
                throw e;
            }
        }
    }

    /** System calls that may block do so on a platform thread, and not for ever. */
    private <T> T blocking(Callable<T> exchange) {
        var task = new FutureTask<>(exchange);
        Thread.ofPlatform().daemon().name("supervisor").start(task);
        try {
            return task.get(LIMIT_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "supervisor " + socket, e);
        } catch (TimeoutException e) {
            throw new NaiadException(
                    ErrorKind.DEADLINE_EXCEEDED, "supervisor " + socket + " does not answer", e);
        } catch (ExecutionException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, "supervisor " + socket, e.getCause());
        }
    }
}
