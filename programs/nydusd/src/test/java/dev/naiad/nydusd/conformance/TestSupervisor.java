package dev.naiad.nydusd.conformance;

import dev.naiad.linux.Fd;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps a daemon's state as snapshotter 0.13.4 does: listens during an exchange only, receives
 * once, with 32 KiB, after the daemon has answered its request.
 */
final class TestSupervisor implements AutoCloseable {
    private final Path socket;
    private byte[] state = new byte[0];
    private List<Fd> fds = List.of();

    TestSupervisor(Path socket) {
        this.socket = socket;
    }

    /** Takes the state over; the request is what makes the daemon connect. */
    void save(Runnable request) throws IOException {
        try (var listener = UnixSocket.listen(RawPath.of(socket), 1)) {
            request.run();
            try (var connection = UnixSocket.accept(listener)) {
                var message = UnixSocket.receive(connection, 32 << 10);
                letGo();
                state = message.bytes();
                fds = new ArrayList<>(message.fds());
            }
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    /** Gives the state away while the request runs. */
    void restore(Runnable request) throws IOException {
        try (var listener = UnixSocket.listen(RawPath.of(socket), 1)) {
            var sender =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        try (var connection = UnixSocket.accept(listener)) {
                                            UnixSocket.send(connection, state, fds);
                                        }
                                    });
            request.run();
            sender.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            Files.deleteIfExists(socket);
        }
    }

    int descriptors() {
        return fds.size();
    }

    void replaceState(byte[] other) {
        state = other;
    }

    byte[] state() {
        return state;
    }

    /** Lets the mount go: it ends with its daemon. */
    void letGo() {
        fds.forEach(Fd::close);
        fds = List.of();
    }

    @Override
    public void close() {
        letGo();
    }
}
