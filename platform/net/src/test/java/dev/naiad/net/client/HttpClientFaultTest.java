package dev.naiad.net.client;

import static dev.naiad.net.client.RawServer.head;
import static dev.naiad.net.client.RawServer.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the client makes of servers that misbehave. */
@Timeout(120)
class HttpClientFaultTest {
    private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";
    private static final String OK = "HTTP/1.1 200 OK\r\n";

    private final HttpClient client = new HttpClient("test", HttpClientConfig.defaults());

    @AfterEach
    void close() {
        client.close();
    }

    private static void assertKind(ErrorKind kind, String text, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> {
                            assertThat(e.kind()).isEqualTo(kind);
                            assertThat(e.what()).contains(text);
                        });
    }

    private byte[] get(RawServer server) {
        try (var response = client.send(HttpRequest.get(server.url("/x?sig=secret")))) {
            return response.body().readAll(1 << 20);
        }
    }

    @Test
    void bodyThatEndsEarlyIsAnErrorThatNamesTheUrlWithoutItsQuery() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
                        })) {
            assertThatThrownBy(() -> get(server))
                    .hasMessageContaining("after 5 of 100 bytes")
                    .hasMessageContaining("/x")
                    .hasMessageNotContaining("secret");
        }
    }

    @Test
    void chunkedBodyWithoutLastChunkIsAnError() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, OK + CHUNKED + "5\r\nhello\r\n");
                        })) {
            assertKind(ErrorKind.UNAVAILABLE, "last chunk", () -> get(server));
        }
    }

    @Test
    void bodyUntilCloseIsRead() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "HTTP/1.0 200 OK\r\n\r\nwhole");
                        })) {
            assertThat(get(server)).asString().isEqualTo("whole");
        }
    }

    @Test
    void interimAnswersAreSkippedAndTrailersTaken() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(
                                    out,
                                    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200\r\n"
                                            + CHUNKED
                                            + "3;ext=1\r\nabc\r\n0\r\nTrailer: t\r\n\r\n");
                        })) {
            assertThat(get(server)).asString().isEqualTo("abc");
        }
    }

    @Test
    void noHttpIsRefused() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "SSH-2.0-OpenSSH\r\n\r\n");
                        })) {
            assertKind(ErrorKind.INVALID_ARGUMENT, "status line", () -> get(server));
        }
    }

    @Test
    void hugeHeaderIsRefused() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "HTTP/1.1 200 OK\r\n");
                            String line = "X-Filler: " + "y".repeat(1000) + "\r\n";
                            for (int i = 0; i < 1000; i++) {
                                write(out, line);
                            }
                        })) {
            assertKind(ErrorKind.INVALID_ARGUMENT, "too large", () -> get(server));
        }
    }

    @Test
    void ambiguousLengthIsRefused() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, OK + "Content-Length: 3\r\n" + CHUNKED + "0\r\n\r\n");
                        })) {
            assertKind(ErrorKind.INVALID_ARGUMENT, "ambiguous", () -> get(server));
        }
    }

    @Test
    void refusedConnectionNamesTheAddress() throws Exception {
        // Bound, so that nobody else gets the port, and not listening.
        try (var bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            int port = bound.getLocalPort();
            assertKind(
                    ErrorKind.UNAVAILABLE,
                    "connect to 127.0.0.1:" + port,
                    () -> client.send(HttpRequest.get("http://127.0.0.1:" + port + "/")));
        }
    }

    @Test
    void silentServerEndsInDeadlineExceeded() throws Exception {
        var never = new CountDownLatch(1);
        try (var server = new RawServer((n, in, out) -> never.await())) {
            var request =
                    HttpRequest.get(server.url("/"))
                            .withTimeouts(Duration.ofSeconds(30), Duration.ofMillis(50));
            assertKind(ErrorKind.DEADLINE_EXCEEDED, "timed out", () -> client.send(request));
        } finally {
            never.countDown();
        }
    }

    @Test
    void totalDeadlineEndsABodyThatDripsForEver() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
                            while (true) {
                                write(out, "x");
                            }
                        })) {
            var request = HttpRequest.get(server.url("/")).withDeadline(Duration.ofMillis(100));
            assertKind(
                    ErrorKind.DEADLINE_EXCEEDED,
                    "GET",
                    () -> {
                        try (var response = client.send(request)) {
                            response.body().skipUpTo(Long.MAX_VALUE);
                        }
                    });
        }
    }

    @Test
    void keptConnectionThatDiedIsReplacedOnce() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(out, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                            if (n == 1) {
                                head(in); // takes the second request and dies
                            }
                        })) {
            assertThat(get(server)).asString().isEqualTo("ok");
            assertThat(get(server)).asString().isEqualTo("ok");
            assertThat(server.connections()).isEqualTo(2);
        }
    }

    @Test
    void answerThatComesBeforeTheWholeRequestWasReadIsSeen() throws Exception {
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            write(
                                    out,
                                    "HTTP/1.1 413 Too Large\r\nConnection: close\r\n"
                                            + "Content-Length: 3\r\n\r\nbig");
                            in.readNBytes(
                                    64 << 20); // reads on, so that no reset destroys the answer
                        })) {
            var request =
                    HttpRequest.of("PUT", HttpRequest.get(server.url("/")).url())
                            .withBody(
                                    RequestBody.streamed(
                                            4 << 20,
                                            out -> out.write(new byte[4 << 20], 0, 4 << 20)));
            try (var response = client.send(request)) {
                assertThat(response.status()).isEqualTo(413);
                assertThat(response.text(100)).isEqualTo("big");
            }
        }
    }

    @Test
    void bodyOfTheWrongLengthIsNotSentAsIfItWereWhole() throws Exception {
        try (var server = new RawServer((n, in, out) -> in.readAllBytes())) {
            var request =
                    HttpRequest.of("PUT", HttpRequest.get(server.url("/")).url())
                            .withBody(
                                    RequestBody.streamed(10, out -> out.write(new byte[9], 0, 9)));
            assertThatThrownBy(() -> client.send(request))
                    .hasMessageContaining("9 of the announced 10");
        }
    }

    @Test
    void interruptEndsAWait() throws Exception {
        var arrived = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            arrived.countDown();
                            never.await();
                        })) {
            var kind = new java.util.concurrent.atomic.AtomicReference<ErrorKind>();
            Thread thread =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            get(server);
                                        } catch (NaiadException e) {
                                            kind.set(e.kind());
                                        }
                                    });
            arrived.await();
            thread.interrupt();
            thread.join();
            assertThat(kind.get()).isEqualTo(ErrorKind.CANCELLED);
        } finally {
            never.countDown();
        }
    }

    @Test
    void closingTheClientEndsWhatIsOpen() throws Exception {
        var arrived = new CountDownLatch(1);
        var never = new CountDownLatch(1);
        var mine = new HttpClient("closing", HttpClientConfig.defaults());
        try (var server =
                new RawServer(
                        (n, in, out) -> {
                            head(in);
                            arrived.countDown();
                            never.await();
                        })) {
            var failure = new java.util.concurrent.atomic.AtomicReference<Throwable>();
            Thread thread =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            mine.send(HttpRequest.get(server.url("/"))).close();
                                        } catch (NaiadException e) {
                                            failure.set(e);
                                        }
                                    });
            arrived.await();
            mine.close();
            thread.join();
            assertThat(failure.get()).isInstanceOf(NaiadException.class);
        } finally {
            never.countDown();
        }
    }
}
