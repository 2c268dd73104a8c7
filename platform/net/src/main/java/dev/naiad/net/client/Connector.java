package dev.naiad.net.client;

import dev.naiad.net.http.HeadReader;
import dev.naiad.net.http.Headers;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.net.tls.TlsContexts;
import dev.naiad.net.tls.TlsOptions;
import dev.naiad.net.wire.TlsWire;
import dev.naiad.net.wire.Watchdog;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import javax.net.ssl.SSLContext;

/** Opens the connections of a client: TCP or unix socket, tunnel through a proxy, TLS. */
final class Connector {
    private final Watchdog watchdog;
    private final Function<String, TlsOptions> tls;
    private final int maxHeadBytes;
    private final ConcurrentHashMap<TlsOptions, SSLContext> contexts = new ConcurrentHashMap<>();

    Connector(Watchdog watchdog, HttpClientConfig config) {
        this.watchdog = watchdog;
        this.tls = config.tls();
        this.maxHeadBytes = config.maxHeadBytes();
    }

    WireReader connect(Route route, Duration timeout) throws IOException {
        long end = System.nanoTime() + timeout.toNanos();
        Wire wire = Wire.connect(route.connectTo(), watchdog, timeout);
        boolean done = false;
        try {
            if (!timeout.isZero()) {
                wire.deadline(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
            }
            if (route.proxy().isPresent()) {
                Proxies.Proxy proxy = route.proxy().get();
                if (proxy.url().secure()) {
                    wire = secure(wire, proxy.url());
                }
                if (route.origin().secure()) {
                    tunnel(wire, route.origin(), proxy);
                }
            }
            if (route.origin().secure()) {
                wire = secure(wire, route.origin());
            }
            wire.deadline(Duration.ZERO);
            done = true;
            return new WireReader(wire);
        } finally {
            if (!done) {
                wire.abort();
            }
        }
    }

    private Wire secure(Wire wire, HttpUrl origin) throws IOException {
        TlsOptions options = tls.apply(origin.host());
        SSLContext context = contexts.computeIfAbsent(options, TlsContexts::client);
        return TlsWire.client(
                wire, watchdog, context, origin.host(), origin.port(), !options.skipVerify());
    }

    private void tunnel(Wire wire, HttpUrl origin, Proxies.Proxy proxy) throws IOException {
        String host = origin.host().indexOf(':') >= 0 ? "[" + origin.host() + "]" : origin.host();
        String authority = host + ":" + origin.port();
        var head = new StringBuilder("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority);
        if (!proxy.authorization().isEmpty()) {
            head.append("\r\nProxy-Authorization: ").append(proxy.authorization());
        }
        head.append("\r\n\r\n");
        wire.write(ByteBuffer.wrap(head.toString().getBytes(StandardCharsets.ISO_8859_1)));
        var in = new WireReader(wire);
        String line = HeadReader.startLine(in, maxHeadBytes);
        if (line == null) {
            throw new EOFException("proxy closed the connection");
        }
        Headers ignored = HeadReader.fields(in, maxHeadBytes);
        int status = StatusLine.parse(line);
        if (status / 100 != 2) {
            throw new IOException("proxy " + proxy + " refused the tunnel: " + line);
        }
        if (in.hasBuffered() || ignored.contains("Transfer-Encoding")) {
            throw new IOException("proxy " + proxy + " sent data before the tunnel was used");
        }
    }
}
