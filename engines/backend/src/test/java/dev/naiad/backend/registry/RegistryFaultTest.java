package dev.naiad.backend.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadOptions;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.TestBackends;
import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpRange;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.FakeClock;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Faults, tokens, redirects and mirrors, which a real registry does not produce at will. */
@Timeout(180)
class RegistryFaultTest {
    private static final byte[] CONTENT = new byte[100_000];
    private static final String BLOB = "b".repeat(64);

    static {
        new Random(11).nextBytes(CONTENT);
    }

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();

    /** A request in its order of arrival, and the status it got (0 while it is being answered). */
    private static final class Request {
        private final String server;
        private volatile int status;

        Request(String server) {
            this.server = server;
        }
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
    }

    /** Serves as {@code name} and notes each request with its answer's status. */
    private HttpServer serve(String name, HttpHandler handler) {
        var server =
                new HttpServer(
                        name,
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        exchange -> {
                            var request = new Request(name);
                            requests.add(request);
                            try {
                                handler.handle(exchange);
                            } finally {
                                request.status = exchange.status();
                            }
                        });
        server.start();
        open.add(server);
        return server;
    }

    /** The server may note a status a moment after the client has seen the answer. */
    private void assertRequests(String... expected) {
        Await.untilAsserted(
                () ->
                        assertThat(requests)
                                .extracting(request -> request.server + " " + request.status)
                                .containsExactly(expected));
    }

    private static void serveBlob(HttpExchange exchange) throws IOException {
        ByteRange range =
                HttpRange.parse(exchange.headers().first("Range").orElse(""), CONTENT.length)
                        .orElse(new ByteRange(0, CONTENT.length));
        byte[] part = Arrays.copyOfRange(CONTENT, (int) range.offset(), (int) range.endExclusive());
        boolean whole = range.length() == CONTENT.length;
        exchange.reply(
                whole ? 200 : 206,
                whole
                        ? Headers.EMPTY
                        : Headers.of(
                                "Content-Range", HttpRange.contentRange(range, CONTENT.length)),
                part);
    }

    private Backend backend(HttpServer registry, String more) {
        return backend(registry, more, Ticker.system());
    }

    private Backend backend(HttpServer registry, String more, Ticker ticker) {
        var backend =
                TestBackends.open(
                        "registry",
                        "{\"scheme\":\"http\",\"host\":\"127.0.0.1:"
                                + registry.port()
                                + "\",\"repo\":\"r\",\"timeout\":30,\"connect_timeout\":30"
                                + more
                                + "}",
                        ticker);
        open.add(backend);
        return backend;
    }

    private static void assertReads(Backend backend) {
        byte[] got = new byte[5000];
        backend.read(
                BLOB,
                1000,
                MemorySegment.ofArray(got),
                ReadPriority.USER,
                Deadline.after(Duration.ofSeconds(60)));
        assertThat(got).isEqualTo(Arrays.copyOfRange(CONTENT, 1000, 6000));
    }

    private static void assertFails(Backend backend, ErrorKind kind) {
        assertThatThrownBy(() -> assertReads(backend))
                .isInstanceOfSatisfying(
                        NaiadException.class, e -> assertThat(e.kind()).isEqualTo(kind));
    }

    @Test
    void serverErrorsAndCutBodiesAreRepeated() {
        var count = new AtomicInteger();
        var registry =
                serve(
                        "registry",
                        exchange -> {
                            switch (count.incrementAndGet()) {
                                case 1 -> exchange.reply(500);
                                case 2 -> {
                                    exchange.stream(
                                                    206,
                                                    Headers.of(
                                                            "Content-Range",
                                                            "bytes 1000-5999/100000"),
                                                    5000)
                                            .write(CONTENT, 1000, 100);
                                    throw new IOException("cut");
                                }
                                case 3 -> exchange.reply(503);
                                default -> serveBlob(exchange);
                            }
                        });
        var backend = backend(registry, "");
        assertReads(backend);
        assertThat(count).hasValue(4);
        assertThat(backend.metrics().readErrors()).isEqualTo(3);
        assertThat(backend.metrics().readCount()).isEqualTo(4);
    }

    @Test
    void retryLimitIsKeptAndPrefetchGetsOneRepetition() {
        var registry = serve("registry", exchange -> exchange.reply(500));
        var backend = backend(registry, ",\"retry_limit\":2");
        assertFails(backend, ErrorKind.UNAVAILABLE);
        assertThat(requests).hasSize(3);
        requests.clear();
        assertThatThrownBy(
                        () ->
                                backend.read(
                                        BLOB,
                                        0,
                                        MemorySegment.ofArray(new byte[1]),
                                        ReadPriority.PREFETCH,
                                        Deadline.never()))
                .isInstanceOf(NaiadException.class);
        assertThat(requests).hasSize(2);
    }

    @Test
    void finalAnswersAreNotRepeated() {
        for (int status : new int[] {400, 403, 404}) {
            requests.clear();
            var registry = serve("registry", exchange -> exchange.reply(status));
            var backend = backend(registry, "");
            assertThatThrownBy(() -> assertReads(backend)).isInstanceOf(NaiadException.class);
            assertRequests("registry " + status);
        }
    }

    @Test
    void otherBytesThanAskedForAreNeverTaken() {
        String[] lies = {"bytes 0-4999/100000", "bytes 1000-5998/100000", "nonsense"};
        for (String lie : lies) {
            var registry =
                    serve(
                            "registry",
                            exchange ->
                                    exchange.reply(
                                            206, Headers.of("Content-Range", lie), new byte[5000]));
            assertFails(backend(registry, ""), ErrorKind.UNAVAILABLE);
        }
        var ignorant = serve("registry", exchange -> exchange.reply(200, Headers.EMPTY, CONTENT));
        assertFails(backend(ignorant, ""), ErrorKind.UNAVAILABLE);
    }

    @Test
    void expiredTokenIsRenewedAheadWithOneRequest() {
        var clock = new FakeClock();
        var tokens = new AtomicInteger();
        var realm = new String[1];
        var auth =
                serve(
                        "auth",
                        exchange ->
                                exchange.reply(
                                        200,
                                        "application/json",
                                        "{\"token\":\"t"
                                                + tokens.incrementAndGet()
                                                + "\",\"expires_in\":60}"));
        realm[0] = "http://127.0.0.1:" + auth.port() + "/token";
        var registry =
                serve(
                        "registry",
                        exchange -> {
                            String wanted = "Bearer t" + tokens.get();
                            if (exchange.headers()
                                    .first("Authorization")
                                    .orElse("")
                                    .equals(wanted)) {
                                serveBlob(exchange);
                            } else {
                                exchange.reply(
                                        401,
                                        Headers.of(
                                                "WWW-Authenticate",
                                                "Bearer realm=\""
                                                        + realm[0]
                                                        + "\",service=\"s\",scope=\"repository:r:pull\""),
                                        new byte[0]);
                            }
                        });
        var backend = backend(registry, "", clock);
        assertReads(backend);
        assertReads(backend);
        assertRequests("registry 401", "auth 200", "registry 206", "registry 206");
        requests.clear();
        clock.advance(Duration.ofSeconds(50));
        assertReads(backend);
        assertRequests("auth 200", "registry 206");
    }

    @Test
    void redirectIsFollowedWithoutAuthorizationAndRemembered() {
        var seen = new CopyOnWriteArrayList<String>();
        var expired = new AtomicInteger();
        var cdn =
                serve(
                        "cdn",
                        exchange -> {
                            seen.add(exchange.headers().first("Authorization").orElse("none"));
                            if (expired.get() == 1) {
                                exchange.reply(403);
                            } else {
                                serveBlob(exchange);
                            }
                        });
        var registry =
                serve(
                        "registry",
                        exchange -> {
                            expired.set(0);
                            exchange.reply(
                                    307,
                                    Headers.of(
                                            "Location",
                                            "http://127.0.0.1:" + cdn.port() + "/x?sig=a%2Fb"),
                                    new byte[0]);
                        });
        var backend = backend(registry, ",\"registry_token\":\"secret\"");
        assertReads(backend);
        assertReads(backend);
        assertRequests("registry 307", "cdn 206", "cdn 206");
        assertThat(seen).containsOnly("none");
        requests.clear();
        expired.set(1);
        assertReads(backend);
        assertRequests("cdn 403", "registry 307", "cdn 206");
    }

    private static String mirror(HttpServer mirror) {
        return ",\"mirrors\":[{\"host\":\"http://127.0.0.1:"
                + mirror.port()
                + "\",\"headers\":{\"X-Dragonfly-Registry\":\"https://index.docker.io\"}}]";
    }

    @Test
    void mirrorIsAskedFirstWithItsHeaders() {
        var headers = new CopyOnWriteArrayList<String>();
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            headers.add(
                                    exchange.path()
                                            + " "
                                            + exchange.headers()
                                                    .first("X-Dragonfly-Registry")
                                                    .orElse("")
                                            + " "
                                            + exchange.headers().first("User-Agent").orElse("")
                                            + " "
                                            + exchange.headers().first("Range").orElse(""));
                            serveBlob(exchange);
                        });
        var backend = backend(registry, mirror(mirror));
        assertReads(backend);
        assertRequests("mirror 206");
        assertThat(headers)
                .containsExactly(
                        "/v2/r/blobs/sha256:"
                                + BLOB
                                + " https://index.docker.io nydusd/1.0.0 bytes=1000-5999");
        assertThat(backend.metrics().mirrorHits()).isEqualTo(1);
    }

    @Test
    void aDirectReadPassesTheMirrorAndTellsHowFarItIs() {
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var mirror = serve("mirror", RegistryFaultTest::serveBlob);
        var backend = backend(registry, mirror(mirror));
        byte[] got = new byte[90_000];
        var told = new ArrayList<Long>();
        backend.read(
                BLOB,
                1000,
                MemorySegment.ofArray(got),
                new ReadOptions(
                        ReadPriority.USER,
                        Deadline.after(Duration.ofSeconds(60)),
                        true,
                        told::add));
        assertThat(got).isEqualTo(Arrays.copyOfRange(CONTENT, 1000, 91_000));
        assertRequests("registry 206");
        assertThat(told).isSorted().endsWith(90_000L);
    }

    @Test
    void failingMirrorFallsBackToTheOriginInTheSameAttempt() {
        for (int status : new int[] {500, 502, 429}) {
            requests.clear();
            var registry = serve("registry", RegistryFaultTest::serveBlob);
            var mirror = serve("mirror", exchange -> exchange.reply(status));
            var backend = backend(registry, mirror(mirror));
            assertReads(backend);
            assertRequests("mirror " + status, "registry 206");
            assertThat(backend.metrics().readErrors()).isZero();
            assertThat(backend.metrics().mirrorMisses()).isEqualTo(1);
        }
    }

    @Test
    void mirrorThatCutsItsAnswerIsLeftOutOfTheNextAttempt() {
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            exchange.stream(206, Headers.EMPTY, 5000).write(CONTENT, 1000, 10);
                            throw new IOException("cut");
                        });
        assertReads(backend(registry, mirror(mirror)));
        assertRequests("mirror 206", "registry 206");
    }

    @Test
    void deadMirrorIsSwitchedOffAndComesBackAfterItsPing() throws Exception {
        var healthy = new AtomicInteger(503);
        var pings = new AtomicInteger();
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var ping =
                serve(
                        "ping",
                        exchange -> {
                            pings.incrementAndGet();
                            exchange.reply(healthy.get());
                        });
        var served = new AtomicInteger();
        var behind =
                serve(
                        "behind",
                        exchange -> {
                            served.incrementAndGet();
                            serveBlob(exchange);
                        });
        try (var gate = new Gate(behind.port())) {
            var backend =
                    backend(
                            registry,
                            ",\"mirrors\":[{\"host\":\"http://127.0.0.1:"
                                    + gate.port()
                                    + "\",\"failure_limit\":2,\"health_check_interval\":0,"
                                    + "\"ping_url\":\"http://127.0.0.1:"
                                    + ping.port()
                                    + "/healthy\"}]");
            for (int i = 0; i < 5; i++) {
                assertReads(backend);
            }
            assertThat(gate.connections()).isEqualTo(2);
            Await.until("the mirror is pinged", () -> pings.get() > 0);
            gate.open();
            healthy.set(200);
            Await.until(
                    "the mirror is used again",
                    () -> {
                        assertReads(backend);
                        return served.get() > 0;
                    });
        }
    }

    @Test
    void tokenIsFetchedFromTheRealmWhenTheMirrorSays401() {
        var auth =
                serve(
                        "auth",
                        exchange ->
                                exchange.reply(
                                        200, "application/json", "{\"access_token\":\"t\"}"));
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            if (exchange.headers().first("Authorization").isEmpty()) {
                                exchange.reply(
                                        401,
                                        Headers.of(
                                                "WWW-Authenticate",
                                                "Bearer realm=\"http://127.0.0.1:"
                                                        + auth.port()
                                                        + "/t\",service=\"s\""),
                                        new byte[0]);
                            } else {
                                serveBlob(exchange);
                            }
                        });
        assertReads(backend(registry, mirror(mirror)));
        assertRequests("mirror 401", "auth 200", "mirror 206");
    }

    @Test
    void proxyIsUsedAndLeftWhenItFails() {
        var registry = serve("registry", RegistryFaultTest::serveBlob);
        var broken = new AtomicInteger();
        var proxy =
                serve(
                        "proxy",
                        exchange -> {
                            if (broken.get() > 0) {
                                exchange.reply(502);
                            } else {
                                assertThat(exchange.target()).startsWith("http://127.0.0.1:");
                                assertThat(exchange.headers().first("X-Dragonfly-Use-P2P"))
                                        .contains("true");
                                serveBlob(exchange);
                            }
                        });
        String url = ",\"proxy\":{\"url\":\"http://127.0.0.1:" + proxy.port() + "\"%s}";
        var backend = backend(registry, String.format(url, ""));
        assertReads(backend);
        broken.set(1);
        assertReads(backend);
        assertRequests("proxy 206", "proxy 502", "registry 206");
        var strict = backend(registry, String.format(url, ",\"fallback\":false"));
        assertFails(strict, ErrorKind.UNAVAILABLE);
    }

    @Test
    void brokenStreamIsContinued() throws Exception {
        var count = new AtomicInteger();
        var registry =
                serve(
                        "registry",
                        exchange -> {
                            if (count.incrementAndGet() <= 2) {
                                int from =
                                        exchange.headers()
                                                .first("Range")
                                                .map(r -> Integer.parseInt(r.replaceAll("\\D", "")))
                                                .orElse(0);
                                exchange.stream(
                                                from == 0 ? 200 : 206,
                                                Headers.EMPTY,
                                                CONTENT.length - from)
                                        .write(CONTENT, from, 20_000);
                                throw new IOException("cut");
                            }
                            serveBlob(exchange);
                        });
        try (var in = backend(registry, "").stream(BLOB, 0, ReadPriority.USER, Deadline.never())) {
            assertThat(in.readAllBytes()).isEqualTo(CONTENT);
        }
        assertThat(count).hasValue(3);
    }

    @Test
    void slowAnswerEndsAtTheDeadline() throws Exception {
        var never = new java.util.concurrent.CountDownLatch(1);
        var registry = serve("registry", exchange -> never.await());
        var backend = backend(registry, "");
        try {
            assertThatThrownBy(
                            () ->
                                    backend.read(
                                            BLOB,
                                            0,
                                            MemorySegment.ofArray(new byte[1]),
                                            ReadPriority.USER,
                                            Deadline.after(Duration.ofMillis(200))))
                    .isInstanceOfSatisfying(
                            NaiadException.class,
                            e -> assertThat(e.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED));
        } finally {
            never.countDown();
        }
    }
}
