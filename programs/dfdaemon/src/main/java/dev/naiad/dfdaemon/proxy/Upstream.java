package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.config.ProxyConfig;
import dev.naiad.dfdaemon.config.ProxyRule;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.server.HttpExchange;
import java.util.Optional;

/** Which URL a request is about. */
final class Upstream {
    private final ProxyConfig config;

    Upstream(ProxyConfig config) {
        this.config = config;
    }

    /**
     * The URL of a request to the mirror (its own path at the registry) or to a forward proxy (the
     * target itself).
     */
    HttpUrl of(HttpExchange exchange) {
        String target = exchange.target();
        if (!target.startsWith("/")) {
            return HttpUrl.parse(target);
        }
        return registry(exchange).withTarget(target);
    }

    private HttpUrl registry(HttpExchange exchange) {
        Optional<String> header = exchange.headers().first(ProxyHeaders.REGISTRY);
        if (header.isPresent()) {
            return HttpUrl.parse(header.get().strip());
        }
        Optional<String> ns = exchange.query("ns").filter(text -> !text.isEmpty());
        if (ns.isPresent()) {
            String host = ns.get();
            return HttpUrl.parse(host.contains("://") ? host : "https://" + host);
        }
        return config.registry();
    }

    /** The first rule that the URL meets. */
    Optional<ProxyRule> rule(HttpUrl url) {
        String text = url.display();
        return config.rules().stream().filter(rule -> rule.matches(text)).findFirst();
    }

    /** The URL as the rule wants it. */
    static HttpUrl apply(ProxyRule rule, HttpUrl url) {
        String scheme = rule.useTls() ? "https" : url.scheme();
        String authority =
                rule.redirect()
                        .orElseGet(
                                () ->
                                        scheme.equals(url.scheme())
                                                ? url.authority()
                                                : hostWithPort(url));
        try {
            return HttpUrl.of(scheme, authority, url.target());
        } catch (NaiadException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "rule " + rule.regex() + ": " + e.what(), e);
        }
    }

    /** A default port follows the scheme, another one stays. */
    private static String hostWithPort(HttpUrl url) {
        boolean standard = url.port() == (url.secure() ? 443 : 80);
        String host = url.host().contains(":") ? "[" + url.host() + "]" : url.host();
        return standard ? host : host + ":" + url.port();
    }
}
