package dev.naiad.backend.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.TestBackends;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is to blame when a mirror, or the origin behind it, is slow. */
@Timeout(120)
class MirrorBlameTest {
    private static final String BLOB = "b".repeat(64);
    private static final byte[] CONTENT = new byte[20_000];

    private final List<AutoCloseable> open = new ArrayList<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final CountDownLatch hanging = new CountDownLatch(1);
    private final AtomicBoolean originHangs = new AtomicBoolean();
    private final AtomicBoolean mirrorHangs = new AtomicBoolean();

    @AfterEach
    void close() throws Exception {
        hanging.countDown();
        for (var each : open.reversed()) {
            each.close();
        }
    }

    private HttpServer serve(String name, HttpHandler handler) {
        var server =
                new HttpServer(
                        name,
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        exchange -> {
                            requests.add(name + " " + (isPing(exchange) ? "ping" : "blob"));
                            handler.handle(exchange);
                        });
        server.start();
        open.add(server);
        return server;
    }

    private static boolean isPing(HttpExchange exchange) {
        return exchange.path().equals("/v2");
    }

    private static void answer(HttpExchange exchange) throws IOException {
        if (isPing(exchange)) {
            exchange.reply(200);
            return;
        }
        exchange.reply(206, Headers.of("Content-Range", "bytes 0-19999/20000"), CONTENT);
    }

    private HttpServer origin() {
        return serve(
                "origin",
                exchange -> {
                    if (originHangs.get()) {
                        hanging.await();
                    }
                    answer(exchange);
                });
    }

    private Backend backend(HttpServer origin, HttpServer mirror, int limit) {
        var backend =
                TestBackends.open(
                        "registry",
                        """
                        {"scheme":"http","host":"127.0.0.1:%d","repo":"r","timeout":1,
                         "connect_timeout":1,"retry_limit":1,
                         "mirrors":[{"host":"http://127.0.0.1:%d","failure_limit":%d,
                                     "health_check_interval":60}]}
                        """
                                .formatted(origin.port(), mirror.port(), limit));
        open.add(backend);
        return backend;
    }

    private static void read(Backend backend) {
        backend.read(
                BLOB,
                0,
                MemorySegment.ofArray(new byte[CONTENT.length]),
                ReadPriority.USER,
                Deadline.after(Duration.ofSeconds(60)));
    }

    /** The requests that one more read makes. */
    private List<String> requestsOfARead(Backend backend) {
        requests.clear();
        read(backend);
        return requests.stream().filter(request -> request.endsWith("blob")).toList();
    }

    @Test
    void anOriginThatHangsDoesNotSwitchOffTheMirrorThatWaitsForIt() {
        var origin = origin();
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            if (originHangs.get()) {
                                hanging.await();
                            }
                            answer(exchange);
                        });
        var backend = backend(origin, mirror, 1);
        originHangs.set(true);
        assertThatThrownBy(() -> read(backend)).isInstanceOf(NaiadException.class);
        originHangs.set(false);
        assertThat(requestsOfARead(backend)).containsExactly("mirror blob");
    }

    @Test
    void aMirrorThatHangsByItselfIsSwitchedOffWhenTheOriginAnswers() {
        var origin = origin();
        var mirror = serve("mirror", exchange -> hanging.await());
        var backend = backend(origin, mirror, 1);
        read(backend);
        Await.until(
                "the mirror is not asked any more",
                () -> requestsOfARead(backend).equals(List.of("origin blob")));
    }

    @Test
    void aSlowMirrorThatAnswersItsPingIsSparedOnce() {
        var origin = origin();
        mirrorHangs.set(true);
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            if (mirrorHangs.get() && !isPing(exchange)) {
                                hanging.await();
                            }
                            answer(exchange);
                        });
        var backend = backend(origin, mirror, 1);
        read(backend);
        Await.until("the mirror was pinged", () -> requests.contains("mirror ping"));
        assertThat(requestsOfARead(backend))
                .as("spared")
                .containsExactly("mirror blob", "origin blob");
        assertThat(requestsOfARead(backend)).as("switched off").containsExactly("origin blob");
    }

    @Test
    void aMirrorThatDripsIsLeftForTheOrigin() {
        var origin = origin();
        var mirror =
                serve(
                        "mirror",
                        exchange -> {
                            var body =
                                    exchange.stream(
                                            206,
                                            Headers.of("Content-Range", "bytes 0-19999/20000"),
                                            CONTENT.length);
                            for (int i = 0; !hanging.await(100, TimeUnit.MILLISECONDS); i++) {
                                body.write(CONTENT, i, 1);
                                body.flush();
                            }
                        });
        var backend = backend(origin, mirror, 5);
        long began = System.nanoTime();
        assertThat(requestsOfARead(backend)).containsExactly("mirror blob", "origin blob");
        assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(20));
    }

    @Test
    void aMirrorThatRedirectsInACircleIsLeftForTheOrigin() {
        var origin = origin();
        var mirror =
                serve(
                        "mirror",
                        exchange ->
                                exchange.reply(
                                        307, Headers.of("Location", exchange.path()), new byte[0]));
        var backend = backend(origin, mirror, 5);
        assertThat(requestsOfARead(backend)).endsWith("origin blob");
    }
}
