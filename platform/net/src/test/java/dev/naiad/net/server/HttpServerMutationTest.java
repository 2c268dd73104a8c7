package dev.naiad.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.http.Headers;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.SeededRandom;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server that gets damaged requests answers in HTTP or hangs up, and serves the next client. */
@Timeout(180)
class HttpServerMutationTest {
    private static final int ROUNDS = 400;
    private static final List<String> GOOD =
            List.of(
                    "GET /v2/a/blobs/sha256:0123?x=y HTTP/1.1\r\nHost: a\r\nRange: bytes=0-99\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                    "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello world",
                    "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: x\r\n\r\n",
                    "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /two HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");

    private final Random random = SeededRandom.create("HttpServerMutationTest");

    @Test
    void damagedRequestsGetAnAnswerInHttpOrNone() throws Exception {
        HttpHandler echo =
                exchange -> {
                    byte[] body = exchange.body().readAll(1 << 16);
                    exchange.reply(200, Headers.of("X-Method", exchange.method()), body);
                };
        try (var server =
                new HttpServer(
                        "test", Endpoint.tcp("127.0.0.1", 0), HttpServerConfig.defaults(), echo)) {
            server.start();
            for (String good : GOOD) {
                assertThat(send(server, good)).startsWith("HTTP/1.1 200");
            }
            for (int round = 0; round < ROUNDS; round++) {
                String bad = damage(GOOD.get(random.nextInt(GOOD.size())));
                String answer = send(server, bad);
                if (!answer.isEmpty()) {
                    assertThat(answer)
                            .as("%s", bad)
                            .matches("(?s)HTTP/1\\.[01] [1-5][0-9][0-9][ \\r].*");
                    // A request that is refused must not look like a fault of the server.
                    assertThat(answer).as("%s", bad).doesNotStartWith("HTTP/1.1 500");
                }
            }
            assertThat(send(server, GOOD.getFirst())).startsWith("HTTP/1.1 200");
        }
    }

    private static String send(HttpServer server, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        } catch (SocketException e) {
            // Hung up while we were still sending or before we had read.
            return "";
        }
    }

    private String damage(String good) {
        var text = new StringBuilder(good);
        for (int i = 1 + random.nextInt(3); i > 0 && text.length() > 1; i--) {
            int at = random.nextInt(text.length());
            switch (random.nextInt(5)) {
                case 0 -> text.deleteCharAt(at);
                case 1 -> text.setCharAt(at, (char) random.nextInt(256));
                case 2 -> text.insert(at, " \t\r\n:;,\0".charAt(random.nextInt(8)));
                case 3 ->
                        text.insert(
                                at,
                                text.substring(
                                        at, Math.min(text.length(), at + random.nextInt(40))));
                default -> text.setLength(at);
            }
        }
        return text.toString();
    }
}
