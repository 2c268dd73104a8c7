package dev.naiad.backend.connection;

import dev.naiad.backend.config.BackendProxyConfig;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpRequest;
import java.time.Duration;

/** Watches a proxy's health address while requests come, if it has one. */
final class ProxyGate {
    private final BackendProxyConfig config;
    private final HttpClient client;
    private final Duration timeout;
    private volatile boolean healthy = true;
    private volatile long lastUse = System.nanoTime();
    private volatile Thread checker = Thread.ofVirtual().unstarted(() -> {});
    private volatile boolean closed;

    ProxyGate(BackendProxyConfig config, HttpClient client, Duration timeout) {
        this.config = config;
        this.client = client;
        this.timeout = timeout;
    }

    void start() {
        if (!config.pingUrl().isEmpty()) {
            checker = Thread.ofVirtual().name("proxy-check").start(this::check);
        }
    }

    /** Whether to ask the proxy; notes that somebody wants to. */
    boolean usable() {
        lastUse = System.nanoTime();
        return healthy;
    }

    private void check() {
        Duration interval =
                config.checkInterval().isZero() ? Duration.ofSeconds(1) : config.checkInterval();
        while (!closed) {
            if (System.nanoTime() - lastUse <= config.checkPauseElapsed().toNanos()) {
                healthy = answers();
            }
            try {
                Thread.sleep(interval);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private boolean answers() {
        try (var response =
                client.send(
                        HttpRequest.get(config.pingUrl())
                                .withTimeouts(timeout, timeout)
                                .withDeadline(timeout.multipliedBy(2))
                                .withoutProxy())) {
            return response.status() >= 200 && response.status() < 400;
        } catch (NaiadException e) {
            return false;
        }
    }

    void close() {
        closed = true;
        checker.interrupt();
    }
}
