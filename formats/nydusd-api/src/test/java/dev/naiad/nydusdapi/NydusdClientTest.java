package dev.naiad.nydusdapi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class NydusdClientTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private Path directory = Path.of("/");
    private Path socket = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory(Path.of("/tmp"), "nd");
        socket = directory.resolve("api.sock");
    }

    @AfterEach
    void removeDirectory() throws IOException {
        Files.deleteIfExists(socket);
        Files.deleteIfExists(directory);
    }

    /**
     * Accepts connections, notes what arrives up to the end of the head and answers the same each
     * time.
     */
    private ServerSocketChannel serve(String answer) throws IOException {
        var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofVirtual().start(() -> answerAll(server, answer));
        return server;
    }

    private void answerAll(ServerSocketChannel server, String answer) {
        while (server.isOpen()) {
            try (var connection = server.accept()) {
                var buffer = ByteBuffer.allocate(65536);
                var text = "";
                while (!text.contains("\r\n\r\n") && connection.read(buffer) >= 0) {
                    text = new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
                }
                requests.add(text);
                connection.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                // The next connection, or the end.
            }
        }
    }

    @Test
    void answersWithoutReasonPhraseAreUnderstood() throws IOException {
        try (var server =
                serve("HTTP/1.1 204 \r\nServer: Nydus API\r\nConnection: keep-alive\r\n\r\n")) {
            assertThat(server.isOpen()).isTrue();
            new NydusdClient(socket, PATIENCE).unmount("/17");
        }
        assertThat(requests).hasSize(1);
        assertThat(requests.getFirst())
                .startsWith("DELETE /api/v1/mount?mountpoint=%2F17 HTTP/1.1\r\nHost: unix\r\n")
                .contains("Content-Length: 0\r\n");
    }

    @Test
    void errorBodiesBecomeExceptions() throws IOException {
        var body = "{\"code\":\"UNDEFINED\",\"message\":\"object or filesystem already exists\"}";
        try (var server =
                serve("HTTP/1.1 500 \r\nContent-Length: " + body.length() + "\r\n\r\n" + body)) {
            assertThat(server.isOpen()).isTrue();
            var client = new NydusdClient(socket, PATIENCE);
            assertThatThrownBy(() -> client.mount("/1", MountRequest.rafs("/b", "{}")))
                    .isInstanceOfSatisfying(
                            NydusdApiException.class,
                            e -> {
                                assertThat(e.status()).isEqualTo(500);
                                assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS);
                                assertThat(e.detail())
                                        .isEqualTo("object or filesystem already exists");
                            });
        }
    }

    @Test
    void settingsAreSentAsAnObject() throws IOException {
        try (var server = serve("HTTP/1.1 204 \r\n\r\n")) {
            assertThat(server.isOpen()).isTrue();
            new NydusdClient(socket, PATIENCE).putConfig("/2", Map.of("registry_auth", "eA=="));
        }
        assertThat(requests.getFirst())
                .startsWith("PUT /api/v1/config?id=%2F2 HTTP/1.1")
                .contains("Content-Type: application/json");
    }

    @Test
    void nobodyListeningIsUnavailable() {
        var client = new NydusdClient(socket, PATIENCE);
        assertThatThrownBy(client::daemonInfo)
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE));
    }

    @Test
    void aDaemonThatDoesNotAnswerMeetsTheDeadline() throws IOException {
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            var client = new NydusdClient(socket, Duration.ofMillis(50));
            assertThatThrownBy(client::daemonInfo)
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED));
        }
    }

    @Test
    void livenessEndsWithTheDaemon() throws IOException {
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            try (var liveness = new NydusdClient(socket, PATIENCE).openLiveness()) {
                server.accept().close();
                assertThat(liveness.awaitEnd()).isTrue();
            }
        }
    }
}
