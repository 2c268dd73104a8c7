package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.config.Secret;
import dev.naiad.dfdaemon.config.ProxyConfig.BasicAuth;
import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** The proxy's own password, if it has one. */
final class ProxyAuth {
    private static final String FOR_PROXY = "Proxy-Authorization";
    private static final String FOR_ORIGIN = "Authorization";

    private final Optional<BasicAuth> wanted;

    ProxyAuth(Optional<BasicAuth> wanted) {
        this.wanted = wanted;
    }

    /** Whether the request may go on; if not it is answered. */
    boolean admit(HttpExchange exchange) throws IOException {
        if (wanted.isEmpty()) {
            return true;
        }
        Headers headers = exchange.headers();
        // compat: clients of the original put the proxy's password into Authorization.
        Optional<String> given = headers.first(FOR_PROXY).or(() -> headers.first(FOR_ORIGIN));
        if (given.isPresent() && matches(given.get())) {
            return true;
        }
        boolean forward = !exchange.target().startsWith("/");
        int status = forward ? 407 : 401;
        exchange.reply(
                status,
                Headers.of(
                        forward ? "Proxy-Authenticate" : "WWW-Authenticate",
                        "Basic realm=\"dfdaemon\"",
                        ProxyHeaders.ERROR_TYPE,
                        "proxy"),
                new byte[0]);
        return false;
    }

    private boolean matches(String header) {
        if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        String decoded;
        try {
            decoded =
                    new String(
                            Base64.getDecoder().decode(header.substring(6).strip()),
                            StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            return false;
        }
        BasicAuth auth = wanted.orElseThrow();
        // Secret compares in constant time.
        return Secret.of(decoded)
                .equals(Secret.of(auth.username() + ":" + auth.password().reveal()));
    }

    /** The headers without the proxy's password, which is none of the origin's business. */
    Headers withoutPassword(Headers headers) {
        if (wanted.isEmpty()) {
            return headers.without(FOR_PROXY);
        }
        var kept = headers.toBuilder().remove(FOR_PROXY).remove(FOR_ORIGIN);
        headers.all(FOR_ORIGIN).stream()
                .filter(value -> !matches(value))
                .forEach(value -> kept.add(FOR_ORIGIN, value));
        return kept.build();
    }
}
