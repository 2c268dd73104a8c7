package dev.naiad.net.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Endpoint;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class HttpServerCloseTest {
    private final CountDownLatch arrived = new CountDownLatch(1);
    private final CountDownLatch release = new CountDownLatch(1);

    private HttpServer serve(Duration stop) {
        var server =
                new HttpServer(
                        "test",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withStopTimeout(stop),
                        exchange -> {
                            arrived.countDown();
                            release.await();
                            exchange.reply(200, "text/plain", "finished");
                        });
        server.start();
        return server;
    }

    private static HttpRequest request(HttpServer server) {
        return HttpRequest.get(HttpUrl.parse("http://127.0.0.1:" + server.port() + "/"));
    }

    @Test
    void runningRequestMayFinishWhileTheServerCloses() throws Exception {
        var server = serve(Duration.ofSeconds(60));
        var answer = new AtomicReference<>("");
        try (var client = new HttpClient("test", HttpClientConfig.defaults())) {
            var request = request(server);
            Thread caller =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try (var response = client.send(request)) {
                                            answer.set(response.text(100));
                                        }
                                    });
            arrived.await();
            Thread closer = Thread.ofVirtual().start(server::close);
            release.countDown();
            caller.join();
            closer.join();
        }
        assertThat(answer.get()).isEqualTo("finished");
    }

    @Test
    void requestThatDoesNotFinishIsCutAtTheStopTimeout() throws Exception {
        var server = serve(Duration.ofMillis(50));
        var failure = new AtomicReference<Throwable>(new AssertionError("no failure"));
        try (var client = new HttpClient("test", HttpClientConfig.defaults())) {
            var request = request(server);
            Thread caller =
                    Thread.ofVirtual()
                            .start(
                                    () -> {
                                        try {
                                            client.send(request).close();
                                        } catch (NaiadException e) {
                                            failure.set(e);
                                        }
                                    });
            arrived.await();
            server.close();
            caller.join();
        } finally {
            release.countDown();
        }
        assertThat(failure.get()).isInstanceOf(NaiadException.class);
    }

    @Test
    void closedServerIsNotThere() {
        release.countDown();
        var server = serve(Duration.ofMillis(50));
        var request = request(server);
        try (var client = new HttpClient("test", HttpClientConfig.defaults())) {
            try (var response = client.send(request)) {
                assertThat(response.status()).isEqualTo(200);
            }
            server.close();
            server.close();
            assertThatThrownBy(() -> client.send(request)).isInstanceOf(NaiadException.class);
        }
    }
}
