package dev.naiad.backend.connection;

import dev.naiad.backend.config.MirrorConfig;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.HttpUrl;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mirror and whether it is worth asking. Failures in a row switch it off, and a thread pings it
 * until it answers. Safe for concurrent use.
 */
public final class Mirror {
    private static final Logger LOG = LoggerFactory.getLogger(Mirror.class);

    private final MirrorConfig config;
    private final HttpUrl base;
    private final HttpUrl ping;
    private final HttpClient client;
    private final AtomicInteger failures = new AtomicInteger();
    private final AtomicBoolean off = new AtomicBoolean();
    private final AtomicBoolean spared = new AtomicBoolean();
    private volatile boolean closed;
    private volatile Thread pinger = Thread.ofVirtual().unstarted(() -> {});

    Mirror(MirrorConfig config, HttpClient client) {
        this.config = config;
        this.base = HttpUrl.parse(config.host());
        this.ping =
                config.pingUrl().isEmpty()
                        ? base.withTarget("/v2")
                        : HttpUrl.parse(config.pingUrl());
        this.client = client;
    }

    boolean on() {
        return !off.get();
    }

    /** The request as this mirror wants it: its scheme, host and port, and its headers. */
    HttpRequest translate(HttpRequest request) {
        var headers = request.headers().toBuilder();
        config.headers().forEach(headers::set);
        String prefix = base.target().equals("/") ? "" : base.target().replaceAll("/+$", "");
        return request.withUrl(base.withTarget(prefix + request.url().target()))
                .withHeaders(headers.build())
                .withoutProxy();
    }

    void succeeded() {
        failures.set(0);
        spared.set(false);
    }

    /** Counts an error of the connection. */
    void failed(String why) {
        if (limitReached()) {
            switchOff(why);
        }
    }

    /**
     * Counts a request that another server answered after this one had been slow or had broken off.
     * If it answers its ping at the limit it is spared once: what is behind it may have been slow.
     */
    void wasSlow(String why) {
        if (!limitReached()) {
            return;
        }
        if (!spared.compareAndSet(false, true)) {
            switchOff(why);
            return;
        }
        failures.set(0);
        run(
                () -> {
                    if (answersPing()) {
                        LOG.warn("mirror {} answers its ping and stays, but: {}", this, why);
                    } else {
                        switchOff(why);
                    }
                });
    }

    private boolean limitReached() {
        int count = failures.incrementAndGet();
        return config.failureLimit() > 0 && count >= config.failureLimit();
    }

    private void switchOff(String why) {
        if (off.compareAndSet(false, true)) {
            LOG.warn("mirror {} is switched off: {}", this, why);
            run(this::pingUntilHealthy);
        }
    }

    private void run(Runnable check) {
        pinger = Thread.ofVirtual().name("mirror-ping").unstarted(check);
        if (!closed) {
            pinger.start();
        }
    }

    private boolean answersPing() {
        var request =
                HttpRequest.get(ping)
                        .withTimeouts(Duration.ofSeconds(5), Duration.ofSeconds(5))
                        .withDeadline(Duration.ofSeconds(10))
                        .withoutProxy();
        try (var response = client.send(request)) {
            return response.status() < 500;
        } catch (NaiadException e) {
            LOG.debug("mirror {} does not answer its ping: {}", this, e.getMessage());
            return false;
        }
    }

    private void pingUntilHealthy() {
        // Without an interval the original checks at once and again; we leave it some rest.
        Duration interval =
                config.healthCheckInterval().isZero()
                        ? Duration.ofMillis(100)
                        : config.healthCheckInterval();
        while (!closed) {
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                return;
            }
            if (answersPing()) {
                failures.set(0);
                off.set(false);
                LOG.info("mirror {} answers again", this);
                return;
            }
        }
    }

    void close() {
        closed = true;
        pinger.interrupt();
    }

    @Override
    public String toString() {
        return config.host();
    }
}
