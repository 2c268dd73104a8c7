package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** An error answer that says who made it: {@code proxy}, {@code dfdaemon} or {@code backend}. */
final class Refusal {
    private Refusal() {}

    static void send(HttpExchange exchange, int status, String errorType, String text)
            throws IOException {
        exchange.reply(
                status,
                Headers.of(
                        ProxyHeaders.ERROR_TYPE,
                        errorType,
                        "Content-Type",
                        "text/plain; charset=utf-8"),
                (text + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
