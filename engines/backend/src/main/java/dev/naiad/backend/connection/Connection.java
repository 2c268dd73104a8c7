package dev.naiad.backend.connection;

import dev.naiad.backend.BackendCounters;
import dev.naiad.backend.ReadPriority;
import dev.naiad.backend.config.ConnectionConfig;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.client.HttpResponse;
import dev.naiad.net.client.Proxies;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.tls.TlsOptions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The way to an origin: first the configured proxy, then the mirrors in their order, then the
 * origin itself. One call is one pass over these; repeating is the caller's part. Owns its
 * connections.
 */
public final class Connection implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Connection.class);
    private static final int RATE_LIMITED = 429;

    private final ConnectionConfig config;
    private final BackendCounters metrics;
    private final HttpClient client;
    private final HttpClient proxied;
    private final ProxyGate gate;
    private final List<Mirror> mirrors;
    private final boolean plainFallback;
    private volatile boolean plainHttp;

    /**
     * @param userAgent of all requests
     * @param environment proxies of the process's environment, for requests to the origin
     */
    public Connection(
            String name,
            ConnectionConfig config,
            String userAgent,
            Proxies environment,
            BackendCounters metrics) {
        this(name, config, userAgent, environment, metrics, true);
    }

    /**
     * The same.
     *
     * @param plainFallback whether plain http is tried with a server that speaks no TLS, if
     *     certificates are not verified
     */
    public Connection(
            String name,
            ConnectionConfig config,
            String userAgent,
            Proxies environment,
            BackendCounters metrics,
            boolean plainFallback) {
        this.config = config;
        this.plainFallback = plainFallback && config.skipVerify();
        this.metrics = metrics;
        var tls =
                TlsOptions.DEFAULT
                        .withSkipVerify(config.skipVerify())
                        .withCaFiles(config.caCertFiles());
        var common =
                HttpClientConfig.defaults()
                        .withTimeouts(config.connectTimeout(), config.timeout())
                        .withUserAgent(userAgent)
                        .withTls(tls);
        this.client = new HttpClient(name, common.withProxies(environment));
        this.proxied =
                config.proxy().present()
                        ? new HttpClient(
                                name + "-proxy",
                                common.withProxies(
                                        Proxies.fixed(Proxies.Proxy.parse(config.proxy().url()))))
                        : client;
        this.gate = new ProxyGate(config.proxy(), client, config.connectTimeout());
        this.mirrors = config.mirrors().stream().map(m -> new Mirror(m, client)).toList();
    }

    /** Begins to watch the proxy. */
    public void start() {
        gate.start();
    }

    /**
     * The client for requests that must not go through proxy or mirrors, such as those for tokens.
     */
    public HttpClient directClient() {
        return client;
    }

    /** Asks proxy, mirrors and origin in this order until one answers. */
    public Reply call(HttpRequest request, Attempt attempt) {
        Optional<Reply> front = callFront(request, attempt);
        return front.isPresent() ? front.get() : callOrigin(request, attempt);
    }

    /**
     * Asks proxy and mirrors only; empty if there are none, all of them failed, or the attempt is a
     * direct one.
     */
    public Optional<Reply> callFront(HttpRequest request, Attempt attempt) {
        if (attempt.direct()) {
            return Optional.empty();
        }
        if (config.proxy().present()) {
            var limit = config.proxy().fallback() ? half(attempt.deadline()) : attempt.deadline();
            Optional<Reply> reply = viaProxy(timed(request, limit), attempt.priority());
            if (reply.isPresent()) {
                return reply;
            }
        }
        return viaMirrors(request, attempt);
    }

    /** What a server in front of the origin may take: the origin gets the rest. */
    private static Deadline half(Deadline deadline) {
        return deadline.isNever()
                ? deadline
                : deadline.atMost(Duration.ofNanos(deadline.remainingNanos() / 2));
    }

    /** Asks the origin itself. */
    public Reply callOrigin(HttpRequest request, Attempt attempt) {
        HttpRequest timed = timed(request, attempt.deadline());
        if (plainHttp && timed.url().secure()) {
            timed = timed.withUrl(plain(timed.url()));
        }
        try {
            return new Reply(client.send(timed), Optional.empty());
        } catch (NaiadException e) {
            if (!plainFallback || !timed.url().secure() || !speaksNoTls(e)) {
                throw e;
            }
            // compat: nydusd's configuration has no other way to say so; the original falls back.
            var reply = new Reply(client.send(timed.withUrl(plain(timed.url()))), Optional.empty());
            plainHttp = true;
            return reply;
        }
    }

    private static boolean speaksNoTls(NaiadException e) {
        return e.kind() == ErrorKind.FAILED_PRECONDITION && e.what().contains("does not speak TLS");
    }

    private static HttpUrl plain(HttpUrl url) {
        return new HttpUrl("http", url.host(), url.port() == 443 ? 80 : url.port(), url.target());
    }

    private Optional<Reply> viaProxy(HttpRequest request, ReadPriority priority) {
        boolean fallback = config.proxy().fallback();
        if (!gate.usable()) {
            if (fallback) {
                return Optional.empty();
            }
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    request.display() + ": proxy is not healthy and fallback is disabled");
        }
        var headers =
                request.headers().toBuilder()
                        .set("X-Dragonfly-Use-P2P", "true")
                        .set("X-Dragonfly-Prefetch", "true")
                        .set("X-Dragonfly-Priority", priority == ReadPriority.USER ? "6" : "3");
        HttpRequest changed = request.withHeaders(headers.build());
        if (config.proxy().useHttp() && changed.url().secure()) {
            changed = changed.withUrl(plain(changed.url()));
        }
        try {
            HttpResponse response = proxied.send(changed);
            if (!fallback || response.status() < 500) {
                return Optional.of(new Reply(response, Optional.empty()));
            }
            try (response) {
                LOG.debug("proxy failed: {}", response.describe());
            }
        } catch (NaiadException e) {
            if (!fallback) {
                throw e;
            }
            LOG.debug("proxy failed: {}", e.getMessage());
        }
        return Optional.empty();
    }

    private Optional<Reply> viaMirrors(HttpRequest request, Attempt attempt) {
        boolean asked = false;
        for (Mirror mirror : mirrors) {
            if (!mirror.on() || attempt.avoid().contains(mirror)) {
                continue;
            }
            asked = true;
            try {
                HttpRequest timed = timed(request, half(attempt.deadline()));
                HttpResponse response = client.send(mirror.translate(timed));
                attempt.suspects().clear(mirror);
                if (response.status() < 500 && response.status() != RATE_LIMITED) {
                    mirror.succeeded();
                    metrics.mirrorHit();
                    return Optional.of(new Reply(response, Optional.of(mirror)));
                }
                try (response) {
                    LOG.warn("mirror {} failed: {}", mirror, response.describe());
                }
            } catch (NaiadException e) {
                if (attempt.deadline().isExpired() || e.kind() == ErrorKind.CANCELLED) {
                    throw e;
                }
                if (e.kind() == ErrorKind.DEADLINE_EXCEEDED) {
                    attempt.suspects().add(mirror, e.what());
                } else {
                    mirror.failed(e.what());
                }
                LOG.debug("mirror {} failed: {}", mirror, e.getMessage());
            }
            metrics.mirrorMiss();
        }
        if (asked) {
            LOG.warn(BackendLogLines.MIRRORS_FAILED);
        }
        return Optional.empty();
    }

    /** A mirror's answer broke off, was too slow, or led nowhere. */
    public void brokeOff(Mirror mirror, String why, Suspects suspects) {
        metrics.mirrorMiss();
        suspects.add(mirror, why);
    }

    /** The longest wait for anything on a connection; zero for none. */
    public Duration timeout() {
        return config.timeout();
    }

    private static HttpRequest timed(HttpRequest request, Deadline deadline) {
        if (deadline.isNever()) {
            return request;
        }
        deadline.check(request.display());
        return request.withDeadline(deadline.remaining());
    }

    @Override
    public void close() {
        gate.close();
        mirrors.forEach(Mirror::close);
        client.close();
        proxied.close();
    }
}
