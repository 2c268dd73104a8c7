package dev.naiad.dfdaemon.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** CONNECT over real sockets. */
final class TunnelTest {
    private static final String OK = "HTTP/1.1 200";

    private final List<AutoCloseable> open = new ArrayList<>();
    private ServerSocket target;

    @BeforeEach
    void listen() throws IOException {
        target = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        open.add(target);
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable part : open.reversed()) {
            part.close();
        }
    }

    private HttpServer proxy(int tunnels, Duration idle) {
        var all = new Tunnels(new Tunnels.Limits(tunnels, idle));
        var server =
                new HttpServer(
                        "proxy",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        all::serve);
        server.start();
        open.add(server);
        return server;
    }

    private Socket connect(HttpServer proxy, String to) throws IOException {
        var client = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        client.setSoTimeout(60_000);
        open.add(client);
        client.getOutputStream()
                .write(
                        ("CONNECT " + to + " HTTP/1.1\r\nHost: x\r\n\r\n")
                                .getBytes(StandardCharsets.US_ASCII));
        return client;
    }

    private String here() {
        return "127.0.0.1:" + target.getLocalPort();
    }

    private Socket accept() throws IOException {
        Socket accepted = target.accept();
        accepted.setSoTimeout(60_000);
        open.add(accepted);
        return accepted;
    }

    /** The head of the answer; what follows stays unread. */
    private static String head(Socket client) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = client.getInputStream().read();
            if (next < 0) {
                break;
            }
            head.append((char) next);
        }
        return head.toString();
    }

    @Test
    void bytesGoBothWaysAndEachWayEndsByItself() throws Exception {
        Socket client = connect(proxy(1, Duration.ofMinutes(1)), here());
        Socket server = accept();
        assertThat(head(client)).startsWith(OK);
        byte[] up = random(1, 300_000);
        byte[] down = random(2, 500_000);
        var sent =
                new FutureTask<>(
                        () -> {
                            client.getOutputStream().write(up);
                            client.shutdownOutput();
                            return true;
                        });
        Thread.ofVirtual().start(sent);
        assertThat(server.getInputStream().readAllBytes()).isEqualTo(up);
        assertThat(sent.get(60, TimeUnit.SECONDS)).isTrue();
        var answered =
                new FutureTask<>(
                        () -> {
                            server.getOutputStream().write(down);
                            server.close();
                            return true;
                        });
        Thread.ofVirtual().start(answered);
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(down);
    }

    private static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void anIdleTunnelIsClosedAtBothEnds() throws Exception {
        Socket client = connect(proxy(1, Duration.ofMillis(300)), here());
        Socket server = accept();
        assertThat(head(client)).startsWith(OK);
        assertThat(server.getInputStream().read()).isEqualTo(-1);
        assertThat(client.getInputStream().read()).isEqualTo(-1);
    }

    @Test
    void aTunnelThatMovesInOneDirectionStaysOpen() throws Exception {
        Socket client = connect(proxy(1, Duration.ofMillis(600)), here());
        Socket server = accept();
        assertThat(head(client)).startsWith(OK);
        var in = new DataInputStream(client.getInputStream());
        long begin = System.nanoTime();
        int rounds = 0;
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(1800)) {
            server.getOutputStream().write(7);
            assertThat(in.readByte()).isEqualTo((byte) 7);
            rounds++;
            // A pause shorter than the limit, three limits long in all.
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50));
        }
        assertThat(rounds).isPositive();
    }

    @Test
    void furtherTunnelsAreRefusedAndEndedOnesMakeRoom() throws Exception {
        HttpServer proxy = proxy(1, Duration.ofMinutes(1));
        Socket first = connect(proxy, here());
        Socket server = accept();
        assertThat(head(first)).startsWith(OK);
        assertThat(head(connect(proxy, here()))).startsWith("HTTP/1.1 503").contains("proxy");
        first.close();
        server.close();
        Await.until("there is room again", () -> head(connect(proxy, here())).startsWith(OK));
    }

    @Test
    void whatCannotBeConnectedIsSaid() throws Exception {
        HttpServer proxy = proxy(4, Duration.ofMinutes(1));
        int unused = target.getLocalPort();
        target.close();
        assertThat(head(connect(proxy, "127.0.0.1:" + unused))).startsWith("HTTP/1.1 502");
        for (String wrong : new String[] {"host", "host:0", "host:70000", "host:x"}) {
            assertThat(head(connect(proxy, wrong))).as(wrong).startsWith("HTTP/1.1 400");
        }
    }
}
