package dev.naiad.acceld.api;

import dev.naiad.acceld.task.Task;
import dev.naiad.acceld.task.Tasks;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.time.Ticker;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import dev.naiad.oci.ref.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers acceld's requests. For several threads. */
public final class AcceldApiHandler implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(AcceldApiHandler.class);

    /** As the original's framework writes it. */
    private static final String JSON = "application/json; charset=UTF-8";

    private static final String TEXT = "text/plain; charset=UTF-8";

    private final Tasks tasks;
    private final WebhookAuth auth;
    private final BooleanSupplier healthy;
    private final Optional<MetricRegistry> metrics;
    private final HttpMetrics http;
    private final Ticker ticker;

    /**
     * A handler.
     *
     * @param healthy whether the local store can be read
     * @param metrics empty if they are not shown
     */
    public AcceldApiHandler(
            Tasks tasks,
            WebhookAuth auth,
            BooleanSupplier healthy,
            Optional<MetricRegistry> metrics,
            HttpMetrics http,
            Ticker ticker) {
        this.tasks = tasks;
        this.auth = auth;
        this.healthy = healthy;
        this.metrics = metrics;
        this.http = http;
        this.ticker = ticker;
    }

    private record Answer(int status, String contentType, String text) {}

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        long begin = ticker.nanos();
        Answer answer;
        try {
            answer = route(exchange);
        } catch (AcceldApiError e) {
            answer = new Answer(e.status(), JSON, e.json() + "\n");
        }
        byte[] bytes = answer.text.getBytes(StandardCharsets.UTF_8);
        exchange.reply(answer.status, Headers.of("Content-Type", answer.contentType), bytes);
        Duration took = Duration.ofNanos(ticker.nanos() - begin);
        long in =
                exchange.headers().first("Content-Length").map(AcceldApiHandler::length).orElse(0L);
        http.observe(exchange, answer.status, took, in, bytes.length);
        LOG.info(
                "{} {} {} {} {}>{} {}",
                exchange.method(),
                exchange.target(),
                answer.status,
                latency(took),
                in,
                bytes.length,
                exchange.remote());
    }

    private static long length(String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String latency(Duration took) {
        return String.format(Locale.ROOT, "%.3fms", took.toNanos() / 1e6);
    }

    private Answer route(HttpExchange exchange) throws IOException, AcceldApiError {
        String route = exchange.method() + " " + exchange.path();
        return switch (route) {
            case "POST /api/v1/conversions" -> convert(exchange);
            case "GET /api/v1/conversions" -> new Answer(200, JSON, list() + "\n");
            case "GET /api/v1/health" -> health();
            case "GET /metrics" ->
                    new Answer(
                            200,
                            MetricRegistry.CONTENT_TYPE,
                            metrics.orElseThrow(AcceldApiHandler::noSuchEndpoint).text());
            default -> throw noSuchEndpoint();
        };
    }

    private static AcceldApiError noSuchEndpoint() {
        return new AcceldApiError(AcceldApiError.Code.ERR_INVALID_ENDPOINT, "Endpoint not found");
    }

    private Answer convert(HttpExchange exchange) throws IOException, AcceldApiError {
        boolean sync = sync(exchange);
        // compat: some registries send no content type, or another; the body alone decides.
        Webhook event = Webhook.parse(body(exchange));
        if (!event.type().equals(Webhook.PUSH)) {
            LOG.warn("event {} is ignored", event.type());
            return new Answer(200, JSON, "\"Ok\"\n");
        }
        Optional<String> header = exchange.headers().first("Authorization");
        for (ImageReference source : event.resources()) {
            if (!auth.allows(source.domain(), header)) {
                throw new AcceldApiError(
                        AcceldApiError.Code.ERR_UNAUTHORIZED, auth.refusal(source.domain()));
            }
        }
        for (ImageReference source : event.resources()) {
            Tasks.Ticket ticket = submit(source);
            if (sync) {
                await(ticket);
            }
        }
        return new Answer(200, JSON, "\"Ok\"\n");
    }

    private static String body(HttpExchange exchange) throws IOException, AcceldApiError {
        try {
            return exchange.bodyText();
        } catch (NaiadException e) {
            throw new AcceldApiError(AcceldApiError.Code.ERR_ILLEGAL_PARAMETER, e.what());
        }
    }

    private static boolean sync(HttpExchange exchange) throws AcceldApiError {
        String text;
        try {
            text = exchange.query("sync").orElse("false");
        } catch (NaiadException e) {
            throw new AcceldApiError(AcceldApiError.Code.ERR_ILLEGAL_PARAMETER, e.what());
        }
        return switch (text) {
            case "true", "True", "TRUE", "t", "T", "1" -> true;
            // compat: the original takes what it cannot read for false.
            default -> false;
        };
    }

    private Tasks.Ticket submit(ImageReference source) throws AcceldApiError {
        try {
            return tasks.submit(source);
        } catch (NaiadException e) {
            throw new AcceldApiError(
                    AcceldApiError.Code.ERR_CONVERT_FAILED, NaiadException.chain(e));
        }
    }

    private static void await(Tasks.Ticket ticket) throws AcceldApiError {
        Task task;
        try {
            task = ticket.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "interrupted", e);
        }
        switch (task.status()) {
            case COMPLETED -> {}
            case FAILED ->
                    throw new AcceldApiError(AcceldApiError.Code.ERR_CONVERT_FAILED, task.reason());
            case PROCESSING ->
                    throw new AcceldApiError(
                            AcceldApiError.Code.ERR_CONVERT_FAILED,
                            "acceld is stopping; its next start takes task "
                                    + task.id()
                                    + " up again");
        }
    }

    private String list() {
        var json = JsonWriter.compact().likeGo().array();
        List<Task> all = tasks.list();
        all.forEach(task -> task.write(json));
        return json.end().toString();
    }

    private Answer health() throws AcceldApiError {
        if (!healthy.getAsBoolean()) {
            throw new AcceldApiError(
                    AcceldApiError.Code.ERR_UNHEALTHY, "the local store cannot be read");
        }
        return new Answer(200, TEXT, "Ok");
    }
}
