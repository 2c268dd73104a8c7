package dev.naiad.net.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.net.wire.Watchdog;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class HttpServerTest {
    private final HttpClient client = new HttpClient("test", HttpClientConfig.defaults());
    private final List<AutoCloseable> open = new ArrayList<>();
    private final AtomicInteger connections = new AtomicInteger();
    private Path dir = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        // A socket's path is short, the build's own directory may not be.
        dir = Files.createTempDirectory(Path.of("/tmp"), "nd");
    }

    @AfterEach
    void close() throws Exception {
        client.close();
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        try (var files = Files.list(dir)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(dir);
    }

    private HttpServer serve(Endpoint endpoint, HttpServerConfig config, HttpHandler handler) {
        var server = new HttpServer("test", endpoint, config, handler);
        server.start();
        open.add(server);
        return server;
    }

    private HttpServer serve(HttpHandler handler) {
        return serve(Endpoint.tcp("127.0.0.1", 0), HttpServerConfig.defaults(), handler);
    }

    private static HttpUrl url(HttpServer server, String target) {
        return HttpUrl.parse("http://127.0.0.1:" + server.port() + target);
    }

    private static String raw(HttpServer server, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            socket.getOutputStream().flush();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void requestAndReplyArriveWhole() throws Exception {
        byte[] sent = new byte[3 << 20];
        new Random(7).nextBytes(sent);
        var server =
                serve(
                        exchange -> {
                            byte[] got = exchange.body().readAll(8 << 20);
                            try (var out =
                                    exchange.stream(
                                            201, Headers.of("X-Method", exchange.method()), -1)) {
                                out.write(got, 0, got.length);
                                out.finish();
                            }
                        });
        for (int i = 0; i < 3; i++) {
            var request =
                    HttpRequest.of("POST", url(server, "/echo?a=b"))
                            .withBody(
                                    i == 0
                                            ? RequestBody.of(sent)
                                            : RequestBody.streamed(
                                                    i == 1 ? -1 : sent.length,
                                                    out -> out.write(ByteBuffer.wrap(sent))));
            try (var response = client.send(request)) {
                assertThat(response.status()).isEqualTo(201);
                assertThat(response.headers().first("x-method")).contains("POST");
                assertThat(response.body().readAll(8 << 20)).isEqualTo(sent);
            }
        }
    }

    @Test
    void unixSocketServesWithItsModeAndIsRemovedAtTheEnd() throws Exception {
        Path socket = dir.resolve("a.sock");
        var server =
                serve(
                        Endpoint.unix(socket),
                        HttpServerConfig.defaults().withSocketMode("rw-rw----"),
                        exchange ->
                                exchange.reply(
                                        200,
                                        "text/plain",
                                        exchange.peerCredentials().orElseThrow().user().getName()));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-rw----");
        var request = HttpRequest.get("http://localhost/api/v1/daemon").over(Endpoint.unix(socket));
        try (var response = client.send(request)) {
            assertThat(response.text(100)).isNotEmpty();
        }
        server.close();
        assertThat(socket).doesNotExist();
    }

    @Test
    void staleSocketFileIsReplacedButALiveOneIsNot() throws Exception {
        Path socket = dir.resolve("b.sock");
        try (var stale =
                java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            stale.bind(java.net.UnixDomainSocketAddress.of(socket));
        }
        assertThat(socket).exists();
        serve(Endpoint.unix(socket), HttpServerConfig.defaults(), exchange -> exchange.reply(204));
        var second =
                new HttpServer(
                        "second",
                        Endpoint.unix(socket),
                        HttpServerConfig.defaults(),
                        exchange -> exchange.reply(204));
        assertThatThrownBy(second::start)
                .isInstanceOfSatisfying(
                        NaiadException.class,
                        e -> assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS));
        second.close();
        try (var response =
                client.send(HttpRequest.get("http://localhost/").over(Endpoint.unix(socket)))) {
            assertThat(response.status()).isEqualTo(204);
        }
    }

    @Test
    void portInUseIsAnErrorThatNamesIt() {
        var server = serve(exchange -> exchange.reply(204));
        var second =
                new HttpServer(
                        "second",
                        server.endpoint(),
                        HttpServerConfig.defaults(),
                        exchange -> exchange.reply(204));
        assertThatThrownBy(second::start).hasMessageContaining(server.endpoint().toString());
    }

    @Test
    void connectionIsKeptForTheNextRequest() {
        var server =
                serve(
                        exchange -> {
                            connections.incrementAndGet();
                            exchange.reply(200, "text/plain", exchange.remote());
                        });
        var remotes = new ArrayList<String>();
        for (int i = 0; i < 5; i++) {
            try (var response = client.send(HttpRequest.get(url(server, "/")))) {
                remotes.add(response.text(100));
            }
        }
        assertThat(remotes.stream().distinct()).hasSize(1);
        assertThat(connections).hasValue(5);
    }

    @Test
    void pipelinedRequestsAreAnsweredInOrder() throws Exception {
        var server = serve(exchange -> exchange.reply(200, "text/plain", exchange.path()));
        String answer =
                raw(
                        server,
                        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
                                + "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                                + "GET /3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).containsSubsequence("\r\n\r\n/1", "\r\n\r\n/2", "\r\n\r\n/3");
    }

    @Test
    void expectContinueIsAnsweredOnlyWhenTheBodyIsWanted() throws Exception {
        var server =
                serve(
                        exchange -> {
                            if (exchange.path().equals("/want")) {
                                exchange.reply(200, "text/plain", exchange.bodyText());
                            } else {
                                exchange.reply(403);
                            }
                        });
        String head = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nExpect: 100-continue\r\n";
        String wanted = raw(server, "PUT /want" + head + "Content-Length: 4\r\n\r\nbody");
        assertThat(wanted)
                .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
                .endsWith("body");
        String refused = raw(server, "PUT /no" + head + "Content-Length: 4\r\n\r\n");
        assertThat(refused).startsWith("HTTP/1.1 403 Forbidden").contains("Connection: close");
    }

    @Test
    void headGetsTheLengthAndNoBody() throws Exception {
        var server = serve(exchange -> exchange.reply(200, "text/plain", "12345"));
        String answer = raw(server, "HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertThat(answer).contains("Content-Length: 5\r\n").endsWith("\r\n\r\n");
    }

    @Test
    void filesAreServedWholeAndInRanges(@TempDir Path files) throws Exception {
        byte[] content = new byte[200_000];
        new Random(1).nextBytes(content);
        Path path = Files.write(files.resolve("f"), content);
        try (var file = FileChannel.open(path)) {
            var server = serve(exchange -> exchange.replyFile(Headers.EMPTY, file, content.length));
            try (var whole = client.send(HttpRequest.get(url(server, "/")))) {
                assertThat(whole.status()).isEqualTo(200);
                assertThat(whole.body().readAll(1 << 20)).isEqualTo(content);
            }
            try (var part =
                    client.send(
                            HttpRequest.get(url(server, "/"))
                                    .with("Range", "bytes=150000-160000"))) {
                assertThat(part.status()).isEqualTo(206);
                assertThat(part.headers().first("Content-Range"))
                        .contains("bytes 150000-160000/200000");
                assertThat(part.body().readAll(1 << 20))
                        .isEqualTo(java.util.Arrays.copyOfRange(content, 150000, 160001));
            }
            try (var none =
                    client.send(HttpRequest.get(url(server, "/")).with("Range", "bytes=200000-"))) {
                assertThat(none.status()).isEqualTo(416);
            }
        }
    }

    @Test
    void failuresBecomeStatusesAndLeaveTheServerServing() {
        var server =
                serve(
                        exchange -> {
                            switch (exchange.path()) {
                                case "/kind" ->
                                        throw new NaiadException(ErrorKind.NOT_FOUND, "blob x");
                                case "/bug" -> throw new IllegalStateException("bug");
                                case "/late" -> {
                                    exchange.stream(200, Headers.EMPTY, 100)
                                            .write(new byte[10], 0, 10);
                                    throw new IllegalStateException("broken source");
                                }
                                case "/none" -> {}
                                default -> exchange.reply(200);
                            }
                        });
        assertThat(status(server, "/kind")).isEqualTo(404);
        assertThat(status(server, "/bug")).isEqualTo(500);
        assertThat(status(server, "/none")).isEqualTo(500);
        assertThatThrownBy(
                        () -> {
                            try (var response =
                                    client.send(HttpRequest.get(url(server, "/late")))) {
                                response.body().readAll(1000);
                            }
                        })
                .isInstanceOf(NaiadException.class);
        assertThat(status(server, "/fine")).isEqualTo(200);
    }

    private int status(HttpServer server, String target) {
        try (var response = client.send(HttpRequest.get(url(server, target)))) {
            return response.status();
        }
    }

    @Test
    void malformedRequestsAreRefused() throws Exception {
        var server = serve(exchange -> exchange.reply(200));
        String[][] cases = {
            {"GARBAGE\r\n\r\n", "400"},
            {"GET / HTTP/2.0\r\n\r\n", "505"},
            {"GET / HTTP/1.1\r\nNo colon\r\n\r\n", "400"},
            {"GET / HTTP/1.1\r\nA : b\r\n\r\n", "400"},
            {"GET / HTTP/1.1\r\nA: b\r\n folded\r\n\r\n", "400"},
            {"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
            {"POST / HTTP/1.1\r\nContent-Length: +1\r\n\r\n", "400"},
            {"POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"},
            {"POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "400"},
            {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
            {"GET /" + "x".repeat(70000) + " HTTP/1.1\r\n\r\n", "414"},
            {"GET / HTTP/1.1\r\nX: " + "x".repeat(70000) + "\r\n\r\n", "431"},
        };
        for (String[] each : cases) {
            String answer;
            try {
                answer = raw(server, each[0]);
            } catch (IOException e) {
                continue; // large requests may see the reset before the answer
            }
            assertThat(answer).as(each[1]).startsWith("HTTP/1.1 " + each[1]);
        }
        assertThat(status(server, "/")).isEqualTo(200);
    }

    @Test
    void bodyAboveTheLimitIsRefused() {
        var server =
                serve(
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withMaxBodyBytes(10),
                        exchange -> exchange.reply(200, "text/plain", exchange.bodyText()));
        var request =
                HttpRequest.of("POST", url(server, "/")).withBody(RequestBody.of("12345678901"));
        try (var response = client.send(request)) {
            assertThat(response.status()).isEqualTo(429);
        }
    }

    @Test
    void slowHeadIsCutOff() throws Exception {
        var server =
                serve(
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults()
                                .withTimeouts(
                                        Duration.ofMillis(100),
                                        Duration.ofSeconds(60),
                                        Duration.ofSeconds(60)),
                        exchange -> exchange.reply(200));
        assertThat(raw(server, "GET / HT")).isEmpty();
    }

    @Test
    void proxyTunnelCarriesBytesBothWays() throws Exception {
        var origin = serve(exchange -> exchange.reply(200, "text/plain", "origin"));
        var seen = new ArrayList<String>();
        var watchdog = new Watchdog("test");
        open.add(watchdog);
        var proxy =
                serve(
                        exchange -> {
                            seen.add(exchange.method() + " " + exchange.target());
                            if (!exchange.method().equals("CONNECT")) {
                                exchange.reply(200, "text/plain", "proxied " + exchange.target());
                                return;
                            }
                            Wire up =
                                    Wire.connect(
                                            Endpoint.parse(exchange.target()),
                                            watchdog,
                                            Duration.ofSeconds(30));
                            WireReader down = exchange.tunnel(200, Headers.EMPTY);
                            Thread.ofVirtual().start(() -> pump(new WireReader(up), down.wire()));
                            pump(down, up);
                        });
        var through =
                new HttpClient(
                        "proxied",
                        HttpClientConfig.defaults()
                                .withProxies(
                                        Proxies.fixed(
                                                Proxies.Proxy.parse(
                                                        "http://u:p@127.0.0.1:" + proxy.port()))));
        open.add(through);
        try (var response = through.send(HttpRequest.get(url(origin, "/x")))) {
            assertThat(response.text(100)).isEqualTo("proxied " + url(origin, "/x"));
        }
        // A TLS handshake through the tunnel reaches the origin, which speaks plain HTTP.
        assertThatThrownBy(
                        () ->
                                through.send(
                                        HttpRequest.get(
                                                "https://127.0.0.1:" + origin.port() + "/")))
                .hasMessageContaining("does not speak TLS");
        assertThat(seen).contains("CONNECT 127.0.0.1:" + origin.port());
    }

    private static void pump(WireReader from, Wire to) {
        try {
            var buffer = ByteBuffer.allocate(8192);
            while (from.read(buffer) >= 0) {
                to.write(buffer.flip());
                buffer.clear();
            }
        } catch (IOException e) {
            // either side has gone
        } finally {
            to.close();
            from.wire().close();
        }
    }

    @Test
    void redirectsDropTheAuthorizationWhenTheOriginChanges() {
        var cdn =
                serve(
                        exchange ->
                                exchange.reply(
                                        200,
                                        "text/plain",
                                        "auth="
                                                + exchange.headers()
                                                        .first("Authorization")
                                                        .orElse("none")));
        var registry =
                serve(
                        exchange -> {
                            String target =
                                    exchange.path().equals("/away")
                                            ? url(cdn, "/blob").toString()
                                            : "/away";
                            exchange.reply(307, Headers.of("Location", target), new byte[0]);
                        });
        var request = HttpRequest.get(url(registry, "/start")).with("Authorization", "Basic x");
        try (var response = client.follow(request, 5)) {
            assertThat(response.text(100)).isEqualTo("auth=none");
        }
        assertThatThrownBy(() -> client.follow(request, 1)).hasMessageContaining("redirects");
    }

    @Test
    void manyClientsAtOnceGetTheirOwnAnswers() throws Exception {
        var server =
                serve(
                        exchange ->
                                exchange.reply(200, "text/plain", exchange.query("n").orElse("")));
        var failures = new AtomicInteger();
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < 200; i++) {
            int n = i;
            threads.add(
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try (var response =
                                                client.send(
                                                        HttpRequest.get(url(server, "/?n=" + n)))) {
                                            if (!response.text(100).equals("" + n)) {
                                                failures.incrementAndGet();
                                            }
                                        } catch (NaiadException e) {
                                            failures.incrementAndGet();
                                        }
                                    }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).hasValue(0);
    }

    @Test
    void responseStreamIsReadableAsJavaStream() throws Exception {
        var server = serve(exchange -> exchange.reply(200, "text/plain", "stream"));
        try (var response = client.send(HttpRequest.get(url(server, "/")))) {
            assertThat(response.body().stream())
                    .hasSameContentAs(
                            new ByteArrayInputStream("stream".getBytes(StandardCharsets.UTF_8)));
        }
    }
}
