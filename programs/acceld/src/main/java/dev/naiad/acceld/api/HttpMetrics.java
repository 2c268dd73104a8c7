package dev.naiad.acceld.api;

import dev.naiad.base.metrics.Counter;
import dev.naiad.base.metrics.Histogram;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.net.server.HttpExchange;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;

/** Requests, counted under the server's name. */
public final class HttpMetrics {
    private static final Set<String> METHODS =
            Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

    private static final double[] SECONDS = {
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10
    };

    private final Counter requests;
    private final Histogram duration;
    private final Histogram requestBytes;
    private final Histogram responseBytes;

    /**
     * Registers.
     *
     * @param serverName part of the metrics' names
     */
    public HttpMetrics(MetricRegistry registry, String serverName) {
        String prefix =
                "acceleration_service_"
                        + serverName.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_")
                        + "_";
        double[] sizes = Histogram.exponential(1024, 10, 6);
        requests =
                registry.counter(
                        prefix + "requests_total",
                        "How many HTTP requests processed",
                        "code",
                        "method",
                        "url");
        duration =
                registry.histogram(
                        prefix + "request_duration_seconds",
                        "The HTTP request latencies in seconds.",
                        SECONDS,
                        "code",
                        "method",
                        "url");
        requestBytes =
                registry.histogram(
                        prefix + "request_size_bytes",
                        "The HTTP request sizes in bytes.",
                        sizes,
                        "code",
                        "method",
                        "url");
        responseBytes =
                registry.histogram(
                        prefix + "response_size_bytes",
                        "The HTTP response sizes in bytes.",
                        sizes,
                        "code",
                        "method",
                        "url");
    }

    void observe(HttpExchange exchange, int status, Duration took, long in, long out) {
        String code = Integer.toString(status);
        // A thousand requests for wrong paths must not create a thousand metrics.
        String url = status == 404 ? "none" : exchange.path();
        String method = METHODS.contains(exchange.method()) ? exchange.method() : "other";
        requests.labels(code, method, url).inc();
        duration.labels(code, method, url).observe(took.toNanos() / 1e9);
        requestBytes.labels(code, method, url).observe((double) in);
        responseBytes.labels(code, method, url).observe((double) out);
    }
}
