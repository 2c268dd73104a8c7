package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.BodyWriter;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpBody;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.server.HttpExchange;
import java.io.IOException;
import java.util.List;
import java.util.Locale;

/** Hands a request on and its answer back, unchanged: manifests, HEAD, pushes. */
final class PassThrough {
    private static final int BUFFER = 64 << 10;

    private final HttpClient client;

    PassThrough(HttpClient client) {
        this.client = client;
    }

    /** Sends the request with {@code headers}, which are those of the exchange less its secrets. */
    void send(HttpExchange exchange, HttpUrl url, Headers headers) throws IOException {
        HttpRequest request =
                HttpRequest.of(exchange.method(), url)
                        .withHeaders(ProxyHeaders.forwarded(headers))
                        .withBody(body(exchange));
        try (HttpResponse answer = client.send(request)) {
            long length =
                    exchange.method().equals("HEAD")
                            ? answer.headers()
                                    .first("Content-Length")
                                    .map(PassThrough::number)
                                    .orElse(0L)
                            : answer.body().length().orElse(-1);
            BodyWriter out = exchange.stream(answer.status(), cleaned(answer.headers()), length);
            if (!exchange.method().equals("HEAD")) {
                copy(answer.body(), out);
                out.finish();
            }
        }
    }

    private static RequestBody body(HttpExchange exchange) throws IOException {
        boolean none =
                !exchange.headers().contains("Content-Length")
                        && !exchange.headers().contains("Transfer-Encoding");
        if (none) {
            return RequestBody.NONE;
        }
        HttpBody body = exchange.body();
        return RequestBody.streamed(body.length().orElse(-1), out -> copy(body, out));
    }

    private static void copy(HttpBody from, BodyWriter to) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int read = from.read(buffer, 0, BUFFER);
                read >= 0;
                read = from.read(buffer, 0, BUFFER)) {
            to.write(buffer, 0, read);
        }
    }

    private static Headers cleaned(Headers headers) {
        var kept = headers.toBuilder();
        for (String name :
                List.of("Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length")) {
            kept.remove(name);
        }
        return kept.build();
    }

    private static long number(String text) {
        try {
            return Long.parseLong(text.strip().toLowerCase(Locale.ROOT));
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
