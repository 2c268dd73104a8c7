package dev.naiad.dfdaemon.main;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Ports that a predecessor left, and ports that are taken. */
final class ListeningTest {
    private final Lifecycle life = new Lifecycle("test");
    private final PrintStream nowhere =
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    private final ProgramContext context = ProgramContext.forTest(nowhere, nowhere, Map.of());

    @AfterEach
    void close() {
        life.close();
    }

    private HttpServer start(int port, Duration patience) throws Exception {
        return new Listening(life, context.stop(), patience)
                .start(
                        "health.server.port",
                        port,
                        new HttpServer(
                                "test",
                                Endpoint.tcp("127.0.0.1", port),
                                HttpServerConfig.defaults(),
                                exchange -> exchange.reply(200)));
    }

    @Test
    void aPortThatIsListenedOnIsAnErrorAtOnce() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            long begin = System.nanoTime();
            assertThatThrownBy(() -> start(taken.getLocalPort(), Duration.ofMinutes(5)))
                    .hasMessageContaining("health.server.port")
                    .hasMessageContaining(Integer.toString(taken.getLocalPort()))
                    .hasMessageContaining("listens");
            assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.MINUTES.toNanos(1));
        }
    }

    /** A port without a listener whose last connection this side closed: TIME_WAIT. */
    private static int portInTimeWait() throws IOException {
        try (var server = new ServerSocket()) {
            server.setReuseAddress(false); // as the original
            server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            try (var client = new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
                server.accept().close();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
            }
            return server.getLocalPort();
        }
    }

    @Test
    void closedConnectionsAreWaitedForAsLongAsPatienceLasts() throws Exception {
        int port = portInTimeWait();
        long begin = System.nanoTime();
        assertThatThrownBy(() -> start(port, Duration.ofSeconds(2))).hasMessageContaining("in use");
        assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.SECONDS.toNanos(2));
    }

    @Test
    void aStopEndsTheWait() throws Exception {
        int port = portInTimeWait();
        context.stop().request();
        assertThatThrownBy(() -> start(port, Duration.ofMinutes(5))).hasMessageContaining("in use");
    }

    @Test
    @Tag("slow")
    void theServerStartsWhenTheConnectionsAreForgotten() throws Exception {
        int port = portInTimeWait();
        HttpServer server = start(port, Listening.PATIENCE);
        assertThat(server.port()).isEqualTo(port);
    }
}
