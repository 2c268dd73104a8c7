package dev.naiad.imagetestkit;

import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.RequestBody;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.RealRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.function.Predicate;

/** Passes requests on to a registry, or breaks them. */
public final class RegistryRelay {
    private RegistryRelay() {}

    public static void relay(HttpClient client, RealRegistry registry, HttpExchange exchange)
            throws IOException {
        byte[] body = exchange.bodyBytes();
        var request =
                HttpRequest.of(exchange.method(), HttpUrl.parse(registry.url() + exchange.target()))
                        .withHeaders(exchange.headers())
                        .withBody(RequestBody.of(body));
        try (var response = client.send(request)) {
            Headers headers =
                    response.headers().toBuilder()
                            .remove("Transfer-Encoding")
                            .remove("Connection")
                            .build();
            byte[] answer = response.body().readAll(64 << 20);
            if (exchange.method().equals("HEAD")) {
                long length = Long.parseLong(headers.first("Content-Length").orElse("0"));
                exchange.stream(response.status(), headers.without("Content-Length"), length);
            } else {
                exchange.reply(response.status(), headers.without("Content-Length"), answer);
            }
        }
    }

    /** A registry behind something that spoils requests; the caller closes it. */
    public static HttpServer spoiled(
            HttpClient client, RealRegistry registry, Predicate<HttpExchange> spoil) {
        var server =
                new HttpServer(
                        "spoiled",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withMaxBodyBytes(64 << 20),
                        exchange -> {
                            if (!spoil.test(exchange)) {
                                relay(client, registry, exchange);
                            }
                        });
        server.start();
        return server;
    }

    /** Reads a little of the body and closes the connection. */
    public static boolean cut(HttpExchange exchange) {
        try {
            exchange.body().skipUpTo(100_000);
            exchange.tunnel(100, Headers.EMPTY).wire().close();
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static boolean reply(HttpExchange exchange, int status) {
        try {
            exchange.reply(status);
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
