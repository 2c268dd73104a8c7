package dev.naiad.net.client;

import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.wire.Endpoint;
import java.util.Optional;

/**
 * What connections have in common that can stand in for each other.
 *
 * @param origin scheme, host and port that TLS has to prove; its target plays no part
 */
record Route(HttpUrl origin, Endpoint connectTo, Optional<Proxies.Proxy> proxy) {

    static Route of(HttpRequest request, Proxies proxies) {
        HttpUrl origin = request.url().withTarget("/");
        if (request.over().isPresent()) {
            return new Route(origin, request.over().get(), Optional.empty());
        }
        Optional<Proxies.Proxy> proxy =
                request.direct() ? Optional.empty() : proxies.of(request.url());
        return new Route(
                origin, proxy.map(p -> p.url().endpoint()).orElse(origin.endpoint()), proxy);
    }

    /**
     * The proxy forwards requests itself; otherwise a tunnel or nothing is between us and the
     * origin.
     */
    boolean forwarded() {
        return proxy.isPresent() && !origin.secure();
    }

    @Override
    public String toString() {
        return connectTo + proxy.map(p -> " (proxy for " + origin.authority() + ")").orElse("");
    }
}
