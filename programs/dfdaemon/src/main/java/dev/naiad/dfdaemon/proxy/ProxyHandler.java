package dev.naiad.dfdaemon.proxy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.config.ProxyConfig;
import dev.naiad.dfdaemon.config.ProxyRule;
import dev.naiad.dfdaemon.metrics.DfdaemonMetrics;
import dev.naiad.dfdaemon.piece.OriginException;
import dev.naiad.dfdaemon.piece.RateLimiter;
import dev.naiad.dfdaemon.task.RangeException;
import dev.naiad.dfdaemon.task.TaskEngine;
import dev.naiad.dfdaemon.task.TaskPrefetcher;
import dev.naiad.dragonfly.FilteredQueryParams;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.server.HttpHandler;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decides for each request whether it goes to the swarm (a GET that a rule or a header names) or
 * just through. Runs on the virtual thread of its connection.
 */
public final class ProxyHandler implements HttpHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyHandler.class);
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(1);
    private static final ProxyRule DEFAULT_RULE =
            new ProxyRule(
                    Pattern.compile(".*"), false, Optional.empty(), FilteredQueryParams.DEFAULT);

    private final Upstream upstream;
    private final ProxyAuth auth;
    private final DownloadBuilder downloads;
    private final TaskAnswer tasks;
    private final PassThrough through;
    private final Tunnels tunnels = new Tunnels(Tunnels.Limits.DEFAULT);
    private final RateLimiter requests;
    private final DfdaemonMetrics metrics;

    public ProxyHandler(
            ProxyConfig config,
            TaskEngine engine,
            TaskPrefetcher prefetcher,
            HttpClient client,
            RateLimiter requests,
            DfdaemonMetrics metrics) {
        this.upstream = new Upstream(config);
        this.auth = new ProxyAuth(config.basicAuth());
        this.downloads = new DownloadBuilder(config);
        this.tasks = new TaskAnswer(engine, prefetcher, metrics);
        this.through = new PassThrough(client);
        this.requests = requests;
        this.metrics = metrics;
    }

    @Override
    public void handle(HttpExchange exchange) throws Exception {
        metrics.proxyRequest();
        boolean well = false;
        try {
            answer(exchange);
            well = exchange.status() < 500;
        } finally {
            if (!well) {
                metrics.proxyFailure();
            }
        }
    }

    private void answer(HttpExchange exchange) throws Exception {
        // A reader that is told to come back later fails its reads: a short wait is kinder.
        long wait = requests.reserve(1);
        if (wait > PATIENCE) {
            Refusal.send(exchange, 429, "proxy", "too many requests");
            return;
        }
        if (wait > 0) {
            LockSupport.parkNanos(wait);
        }
        if (!auth.admit(exchange)) {
            return;
        }
        if (exchange.method().equals("CONNECT")) {
            tunnels.serve(exchange);
            return;
        }
        HttpUrl url;
        try {
            url = upstream.of(exchange);
        } catch (NaiadException e) {
            Refusal.send(exchange, 400, "proxy", e.what());
            return;
        }
        Optional<ProxyRule> rule = swarmRule(exchange, url);
        if (rule.isPresent()) {
            fromSwarm(exchange, Upstream.apply(rule.get(), url), rule.get());
        } else {
            passThrough(exchange, url);
        }
    }

    private Optional<ProxyRule> swarmRule(HttpExchange exchange, HttpUrl url) {
        if (!exchange.method().equals("GET")) {
            return Optional.empty();
        }
        return upstream.rule(url)
                .or(
                        () ->
                                ProxyHeaders.bool(exchange.headers(), ProxyHeaders.USE_P2P)
                                        .filter(Boolean::booleanValue)
                                        .map(any -> DEFAULT_RULE));
    }

    private void passThrough(HttpExchange exchange, HttpUrl url) throws IOException {
        try {
            through.send(exchange, url, auth.withoutPassword(exchange.headers()));
        } catch (NaiadException e) {
            if (exchange.status() != 0) {
                throw e;
            }
            LOG.info("{} {}: {}", exchange.method(), url.display(), e.what());
            int status = e.kind() == ErrorKind.DEADLINE_EXCEEDED ? 504 : 502;
            Refusal.send(exchange, status, "proxy", e.what());
        }
    }

    private void fromSwarm(HttpExchange exchange, HttpUrl url, ProxyRule rule)
            throws IOException, InterruptedException {
        metrics.proxyTask();
        try {
            tasks.send(
                    exchange,
                    downloads.build(
                            url,
                            auth.withoutPassword(exchange.headers()),
                            rule.filteredQueryParams(),
                            remoteIp(exchange)));
        } catch (NaiadException e) {
            if (exchange.status() != 0) {
                // Too late for a status: the broken connection has to say it.
                throw new IOException("task failed while it was read: " + e.what(), e);
            }
            refuse(exchange, e);
        }
    }

    private static void refuse(HttpExchange exchange, NaiadException failure) throws IOException {
        switch (failure) {
            case OriginException origin ->
                    exchange.reply(
                            origin.status(),
                            origin.headers()
                                    .without("Content-Length")
                                    .without("Transfer-Encoding")
                                    .without("Connection")
                                    .with(ProxyHeaders.ERROR_TYPE, "backend"),
                            new byte[0]);
            case RangeException range ->
                    exchange.reply(
                            416,
                            Headers.of(
                                    "Content-Range",
                                    "bytes */" + range.contentLength(),
                                    ProxyHeaders.ERROR_TYPE,
                                    "proxy"),
                            new byte[0]);
            default -> {
                String type = failure.kind() == ErrorKind.INVALID_ARGUMENT ? "proxy" : "dfdaemon";
                Refusal.send(exchange, 500, type, failure.what());
            }
        }
    }

    /** The client's address without port, or nothing. */
    private static String remoteIp(HttpExchange exchange) {
        String remote = exchange.remote();
        int colon = remote.lastIndexOf(':');
        if (colon <= 0) {
            return "";
        }
        String ip = remote.substring(0, colon).replace("[", "").replace("]", "");
        int zone = ip.indexOf('%');
        return zone < 0 ? ip : ip.substring(0, zone);
    }
}
