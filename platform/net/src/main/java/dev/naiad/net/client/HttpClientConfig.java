package dev.naiad.net.client;

import dev.naiad.net.tls.TlsOptions;
import java.time.Duration;
import java.util.function.Function;

/**
 * Limits and policy of a client.
 *
 * @param connectionsPerHost open at once to one origin; more requests wait
 * @param connectTimeout for name look-up, TCP and TLS together
 * @param readTimeout for each wait on a connection
 * @param idleTimeout after which a kept connection is not used again
 * @param maxHeadBytes of an answer
 * @param userAgent sent unless a request has its own; empty for none
 * @param tls by host name
 */
public record HttpClientConfig(
        int connectionsPerHost,
        Duration connectTimeout,
        Duration readTimeout,
        Duration idleTimeout,
        int maxHeadBytes,
        String userAgent,
        Function<String, TlsOptions> tls,
        Proxies proxies) {

    public static HttpClientConfig defaults() {
        return new HttpClientConfig(
                64,
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                Duration.ofSeconds(30),
                64 << 10,
                "",
                host -> TlsOptions.DEFAULT,
                Proxies.NONE);
    }

    public HttpClientConfig withTimeouts(Duration connect, Duration read) {
        return new HttpClientConfig(
                connectionsPerHost,
                connect,
                read,
                idleTimeout,
                maxHeadBytes,
                userAgent,
                tls,
                proxies);
    }

    public HttpClientConfig withUserAgent(String agent) {
        return new HttpClientConfig(
                connectionsPerHost,
                connectTimeout,
                readTimeout,
                idleTimeout,
                maxHeadBytes,
                agent,
                tls,
                proxies);
    }

    /** One policy for all hosts. */
    public HttpClientConfig withTls(TlsOptions options) {
        return withTls(host -> options);
    }

    public HttpClientConfig withTls(Function<String, TlsOptions> byHost) {
        return new HttpClientConfig(
                connectionsPerHost,
                connectTimeout,
                readTimeout,
                idleTimeout,
                maxHeadBytes,
                userAgent,
                byHost,
                proxies);
    }

    public HttpClientConfig withProxies(Proxies newProxies) {
        return new HttpClientConfig(
                connectionsPerHost,
                connectTimeout,
                readTimeout,
                idleTimeout,
                maxHeadBytes,
                userAgent,
                tls,
                newProxies);
    }
}
