package dev.naiad.acceld.api;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.acceld.task.MeasuredConversion;
import dev.naiad.acceld.task.TaskLog;
import dev.naiad.acceld.task.Tasks;
import dev.naiad.acceleration.engine.ImageConversion;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Secret;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.FakeClock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The contract with Harbor and with accelctl, against the real server. */
@Timeout(120)
class AcceldApiHandlerTest {
    private static final String HARBOR =
            """
            {"type": "PUSH_ARTIFACT", "occur_at": 1700000000, "operator": "admin",
             "event_data": {
               "resources": [{"digest": "sha256:%s", "tag": "1", "resource_url": "%s"}],
               "repository": {"name": "app", "repo_type": "private"}}}
            """;

    private final FakeClock clock = new FakeClock();
    private final AtomicInteger ids = new AtomicInteger();
    private final List<String> converted =
            Collections.synchronizedList(new java.util.ArrayList<>());
    private final AtomicBoolean healthy = new AtomicBoolean(true);
    private final CountDownLatch release = new CountDownLatch(1);
    private final MetricRegistry metrics = new MetricRegistry();
    private final HttpClient client = new HttpClient("test", HttpClientConfig.defaults());

    @TempDir Path directory = Path.of("/");
    private final List<AutoCloseable> open = new java.util.ArrayList<>();
    private String url = "";

    @BeforeEach
    void start() throws Exception {
        ImageConversion conversion =
                source -> {
                    converted.add(source.toString());
                    String tag = source.tag().orElse("");
                    if (tag.equals("held")) {
                        release.await();
                    }
                    if (tag.equals("bad")) {
                        throw new NaiadException(ErrorKind.NOT_FOUND, "no such image");
                    }
                    return new ImageConversion.Outcome(1000, 700, "");
                };
        var tasks =
                new Tasks(
                        TaskLog.open(directory),
                        new MeasuredConversion(conversion, metrics, Ticker.system()),
                        1,
                        clock,
                        () -> "id-" + ids.incrementAndGet(),
                        Duration.ofSeconds(30));
        tasks.start();
        open.add(tasks);
        var auth =
                new WebhookAuth(Map.of("safe.io", Secret.of("token 1"), "open.io", Secret.of("")));
        var server =
                new HttpServer(
                        "acceld",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults(),
                        new AcceldApiHandler(
                                tasks,
                                auth,
                                healthy::get,
                                Optional.of(metrics),
                                new HttpMetrics(metrics, "API"),
                                Ticker.system()));
        server.start();
        open.add(server);
        url = "http://127.0.0.1:" + server.port();
    }

    @AfterEach
    void stop() throws Exception {
        release.countDown();
        for (AutoCloseable each : open.reversed()) {
            each.close();
        }
        client.close();
    }

    private record Answer(int status, String type, String text) {
        String code() {
            return JsonReader.parse("answer", text).get("code").text();
        }

        String message() {
            return JsonReader.parse("answer", text).get("message").text();
        }
    }

    private Answer send(HttpRequest request) {
        try (var response = client.send(request)) {
            return new Answer(
                    response.status(),
                    response.headers().first("Content-Type").orElse(""),
                    response.text(1 << 20));
        }
    }

    private Answer get(String path) {
        return send(HttpRequest.get(url + path));
    }

    private HttpRequest post(String query, String body) {
        return HttpRequest.of("POST", HttpRequest.get(url + "/api/v1/conversions" + query).url())
                .with("Content-Type", "application/json")
                .withBody(RequestBody.of(body));
    }

    private Answer push(String query, String image) {
        return send(post(query, HARBOR.formatted("a".repeat(64), image)));
    }

    @Test
    void anImageThatWasPushedIsConvertedInTheBackground() {
        Answer answer = push("", "open.io/app:held");

        assertThat(answer)
                .isEqualTo(new Answer(200, "application/json; charset=UTF-8", "\"Ok\"\n"));
        Await.until("it runs", () -> converted.contains("open.io/app:held"));
        assertThat(get("/api/v1/conversions").text())
                .isEqualTo(
                        "[{\"id\":\"id-1\",\"created\":\"2026-01-02T03:04:05Z\","
                                + "\"finished\":\"0001-01-01T00:00:00Z\",\"source\":\"open.io/app:held\","
                                + "\"source_size\":0,\"target_size\":0,\"status\":\"PROCESSING\",\"reason\":\"\"}]\n");
    }

    @Test
    void aSynchronousRequestIsAnsweredWhenTheImageIsThere() {
        clock.advance(Duration.ofNanos(500));

        assertThat(push("?sync=true", "open.io/app:1").status()).isEqualTo(200);

        assertThat(get("/api/v1/conversions").text())
                .contains("\"status\":\"COMPLETED\"")
                .contains("\"source_size\":1000,\"target_size\":700")
                .contains("\"finished\":\"2026-01-02T03:04:05.0000005Z\"");
    }

    @Test
    void aSynchronousRequestWaitsForItsTurn() throws Exception {
        push("", "open.io/app:held");
        Await.until("it runs", () -> converted.size() == 1);
        var answer = new java.util.concurrent.FutureTask<>(() -> push("?sync=true", "open.io/a:1"));
        Thread.ofVirtual().start(answer);
        Await.until("it waits", () -> get("/api/v1/conversions").text().contains("open.io/a:1"));
        assertThat(converted).hasSize(1);

        release.countDown();

        assertThat(answer.get().status()).isEqualTo(200);
        assertThat(converted).containsExactly("open.io/app:held", "open.io/a:1");
    }

    @Test
    void aSynchronousFailureIsToldAndStopsTheOthers() {
        String body =
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":["
                        + "{\"resource_url\":\"open.io/a:bad\"},{\"resource_url\":\"open.io/b:1\"}]}}";

        Answer answer = send(post("?sync=true", body));

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.code()).isEqualTo("ERR_CONVERT_FAILED");
        assertThat(answer.message()).isEqualTo("no such image");
        assertThat(converted).containsExactly("open.io/a:bad");
    }

    @Test
    void tasksAreListedNewestFirst() {
        push("?sync=true", "open.io/app:1");
        clock.advance(Duration.ofSeconds(1));
        push("?sync=true", "open.io/app:2");

        var list = JsonReader.parse("list", get("/api/v1/conversions").text());
        assertThat(list.items())
                .extracting(task -> task.get("source").text())
                .containsExactly("open.io/app:2", "open.io/app:1");
    }

    @Test
    void withoutTasksTheListIsEmpty() {
        assertThat(get("/api/v1/conversions").text()).isEqualTo("[]\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no JSON",
                "[]",
                "null",
                "{}",
                "{\"type\":5}",
                "{\"type\":\"PUSH_ARTIFACT\"}",
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":null}",
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":[]}",
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":{}}}",
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":[{}]}}",
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":[{\"resource_url\":\"A B\"}]}}"
            })
    void whatIsNoEventIsAMistakeOfTheSender(String body) {
        Answer answer = send(post("", body));

        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.code()).isEqualTo("ERR_ILLEGAL_PARAMETER");
        assertThat(converted).isEmpty();
    }

    @Test
    void theContentTypeDoesNotMatter() {
        String body = HARBOR.formatted("a".repeat(64), "open.io/a:1");

        assertThat(send(post("?sync=true", body).with("Content-Type", "text/plain")).status())
                .isEqualTo(200);
        assertThat(
                        send(HttpRequest.of(
                                                "POST",
                                                HttpRequest.get(
                                                                url
                                                                        + "/api/v1/conversions?sync=true")
                                                        .url())
                                        .withBody(RequestBody.of(body)))
                                .status())
                .isEqualTo(200);
        assertThat(converted).containsExactly("open.io/a:1", "open.io/a:1");
    }

    @Test
    void otherEventsAreTakenAndIgnored() {
        Answer answer = send(post("", "{\"type\":\"DELETE_ARTIFACT\"}"));

        assertThat(answer.text()).isEqualTo("\"Ok\"\n");
        assertThat(converted).isEmpty();
    }

    @Test
    void aRegistryWithASecretWantsItInEveryRequest() {
        String body = HARBOR.formatted("a".repeat(64), "safe.io/app:1");

        for (HttpRequest request :
                List.of(
                        post("?sync=true", body),
                        post("?sync=true", body).with("Authorization", "token 2"),
                        post("?sync=true", body).with("Authorization", ""))) {
            Answer answer = send(request);
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.code()).isEqualTo("ERR_UNAUTHORIZED");
        }
        assertThat(converted).isEmpty();
        assertThat(send(post("?sync=true", body).with("Authorization", "token 1")).status())
                .isEqualTo(200);
        assertThat(converted).containsExactly("safe.io/app:1");
    }

    @Test
    void whereSecretsAreUsedARegistryThatIsNotConfiguredNeedsOneToo() {
        String body = HARBOR.formatted("a".repeat(64), "169.254.169.254/app:1");

        Answer refused = send(post("?sync=true", body));
        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.message())
                .contains("host 169.254.169.254 is not configured under provider.source");
        assertThat(converted).isEmpty();
        assertThat(send(post("?sync=true", body).with("Authorization", "token 1")).status())
                .isEqualTo(200);
        assertThat(new WebhookAuth(Map.of()).allows("any.io", Optional.empty())).isTrue();
    }

    @Test
    void nothingIsConvertedIfOneOfTheImagesIsNotAllowed() {
        String body =
                "{\"type\":\"PUSH_ARTIFACT\",\"event_data\":{\"resources\":["
                        + "{\"resource_url\":\"open.io/a:1\"},{\"resource_url\":\"safe.io/b:1\"}]}}";

        assertThat(send(post("?sync=true", body)).status()).isEqualTo(401);
        assertThat(converted).isEmpty();
    }

    @Test
    void aHeaderThatIsNotConfiguredIsWrong() {
        String body = HARBOR.formatted("a".repeat(64), "open.io/app:1");

        assertThat(send(post("", body).with("Authorization", "any")).status()).isEqualTo(401);
    }

    @Test
    void aSecretOpensItsOwnRegistryAndThoseThatHaveNone() {
        var auth =
                new WebhookAuth(
                        Map.of(
                                "one.io",
                                Secret.of("token 1"),
                                "two.io",
                                Secret.of("token 2"),
                                "open.io",
                                Secret.of("")));

        assertThat(auth.allows("one.io", Optional.of("token 1"))).isTrue();
        assertThat(auth.allows("one.io", Optional.of("token 2"))).isFalse();
        assertThat(auth.allows("one.io", Optional.empty())).isFalse();
        assertThat(auth.allows("other.io", Optional.of("token 1"))).isTrue();
        assertThat(auth.allows("other.io", Optional.of("token 2"))).isTrue();
        assertThat(auth.allows("other.io", Optional.of("token 3"))).isFalse();
        assertThat(auth.allows("other.io", Optional.empty())).isFalse();
        assertThat(auth.allows("open.io", Optional.empty())).isTrue();
        assertThat(auth.allows("open.io", Optional.of("token 1"))).isFalse();
    }

    @Test
    void otherPathsAreNoEndpoints() {
        for (Answer answer :
                List.of(
                        get("/"),
                        get("/api/v1/other"),
                        send(
                                HttpRequest.of(
                                        "DELETE",
                                        HttpRequest.get(url + "/api/v1/conversions").url())))) {
            assertThat(answer.status()).isEqualTo(404);
            assertThat(answer.text())
                    .isEqualTo(
                            "{\"code\":\"ERR_INVALID_ENDPOINT\",\"message\":\"Endpoint not found\"}\n");
        }
    }

    @Test
    void healthIsThatOfTheStore() {
        assertThat(get("/api/v1/health").text()).isEqualTo("Ok");
        healthy.set(false);

        Answer answer = get("/api/v1/health");

        assertThat(answer.status()).isEqualTo(500);
        assertThat(answer.code()).isEqualTo("ERR_UNHEALTHY");
    }

    @Test
    void metricsCountConversionsAndRequests() {
        push("?sync=true", "open.io/app:1");
        push("?sync=true", "open.io/app:bad");

        assertThat(get("/metrics").text())
                .contains("acceleration_service_core_conversions_op_total{op=\"convert\"} 2")
                .contains("acceleration_service_core_conversions_op_error_total{op=\"convert\"} 1")
                .contains(
                        "acceleration_service_core_conversions_op_duration_seconds_count{op=\"convert\"} 1")
                .contains(
                        "acceleration_service_api_requests_total{code=\"200\",method=\"POST\",url=\"/api/v1/conversions\"} 1");
    }
}
