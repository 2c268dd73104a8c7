package dev.naiad.accelctl;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.RequestBody;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** acceld as its clients see it. */
final class TaskClient implements AutoCloseable {
    private static final Duration CONNECT = Duration.ofSeconds(5);
    private static final Duration TOTAL = Duration.ofHours(1);
    private static final int MOST_BYTES = 64 << 20;

    private final HttpClient client =
            new HttpClient("accelctl", HttpClientConfig.defaults().withTimeouts(CONNECT, TOTAL));
    private final String url;
    private final Optional<String> authorization;

    /**
     * A client; nothing is sent yet.
     *
     * @param address host and port
     */
    TaskClient(String address, Optional<String> authorization) {
        this.url = "http://" + address + "/api/v1/conversions";
        this.authorization = authorization;
    }

    /** Asks for a conversion; waits for its end if it is synchronous. */
    void create(String source, boolean sync) {
        HttpRequest request =
                HttpRequest.of("POST", HttpRequest.get(url + "?sync=" + sync).url())
                        .with("Content-Type", "application/json")
                        .withBody(RequestBody.of(push(source).getBytes(StandardCharsets.UTF_8)));
        if (authorization.isPresent()) {
            request = request.with("Authorization", authorization.get());
        }
        send(request);
    }

    /** What Harbor would send: an image was pushed. */
    private static String push(String source) {
        return JsonWriter.compact()
                .object()
                .put("type", "PUSH_ARTIFACT")
                .key("event_data")
                .object()
                .key("resources")
                .array()
                .object()
                .put("resource_url", source)
                .end()
                .end()
                .end()
                .end()
                .toString();
    }

    /** All tasks, the newest first. */
    List<ConfigNode> list() {
        ConfigNode answer = JsonReader.parse("response", send(HttpRequest.get(url)));
        if (!answer.isList()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, "service response: is not a list of tasks");
        }
        return answer.items();
    }

    private String send(HttpRequest request) {
        try (HttpResponse response = client.send(request.withDeadline(TOTAL))) {
            String text = response.text(MOST_BYTES);
            if (!response.ok()) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        "service response: " + message(response.status(), text));
            }
            return text;
        }
    }

    private static String message(int status, String text) {
        try {
            String message = JsonReader.parse("response", text).get("message").text();
            if (!message.isEmpty()) {
                return message;
            }
        } catch (NaiadException e) {
            // Something else than acceld answers.
        }
        return "status " + status;
    }

    @Override
    public void close() {
        client.close();
    }
}
