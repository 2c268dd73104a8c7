package dev.naiad.snapshotter.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.linux.Fd;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.UnixSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SupervisorTest {
    private static final byte[] STATE = "the session".getBytes(StandardCharsets.UTF_8);

    @TempDir Path dir;

    private Path socket;
    private Path session;

    @BeforeEach
    void files() throws IOException {
        socket = dir.resolve("s.sock");
        session = Files.createFile(dir.resolve("session"));
    }

    private void sendState() {
        try (Fd connection = UnixSocket.connect(RawPath.of(socket));
                Fd held = Fd.openRead(session)) {
            UnixSocket.send(connection, STATE, List.of(held));
        }
    }

    /** How often this process has the session's file open. */
    private long open() throws IOException {
        long count = 0;
        try (DirectoryStream<Path> descriptors =
                Files.newDirectoryStream(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    count += Files.readSymbolicLink(descriptor).equals(session) ? 1 : 0;
                } catch (IOException e) {
                    // Closed meanwhile.
                }
            }
        }
        return count;
    }

    @Test
    void aStateIsHeldOnceHoweverOftenItIsFetched() throws Exception {
        try (var supervisor = new Supervisor(socket)) {
            supervisor.fetch(this::sendState);
            supervisor.fetch(this::sendState);
            assertThat(supervisor.holdsState()).isTrue();
            assertThat(open()).isEqualTo(1);
        }
        assertThat(open()).isZero();
        assertThat(socket).doesNotExist();
    }

    @Test
    void aStateWhoseDaemonThenReportsAFailureIsNotKeptOpen() throws Exception {
        try (var supervisor = new Supervisor(socket)) {
            assertThatThrownBy(
                            () ->
                                    supervisor.fetch(
                                            () -> {
                                                sendState();
                                                throw new IllegalStateException("sendfd failed");
                                            }))
                    .hasMessage("sendfd failed");
            assertThat(supervisor.holdsState()).isFalse();
            assertThat(open()).isZero();
        }
    }

    @Test
    void aDaemonThatSendsNothingLeavesWhatWasHeld() throws Exception {
        try (var supervisor = new Supervisor(socket)) {
            supervisor.fetch(this::sendState);
            assertThatThrownBy(
                            () ->
                                    supervisor.fetch(
                                            () -> UnixSocket.connect(RawPath.of(socket)).close()))
                    .hasMessageContaining("sent 0 bytes and 0 descriptors");
            assertThat(supervisor.holdsState()).isTrue();
            assertThat(open()).isEqualTo(1);
        }
    }
}
