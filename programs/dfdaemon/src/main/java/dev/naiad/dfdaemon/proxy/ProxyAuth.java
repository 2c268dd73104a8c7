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
        Optional<String> given =
                headers.first("Proxy-Authorization").or(() -> headers.first("Authorization"));
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

    /** The headers without the proxy's password, which is no business of the origin. */
    Headers withoutPassword(Headers headers) {
        if (wanted.isEmpty()) {
            return headers;
        }
        return headers.contains("Proxy-Authorization")
                ? headers.without("Proxy-Authorization")
                : headers.without("Authorization");
    }
}
