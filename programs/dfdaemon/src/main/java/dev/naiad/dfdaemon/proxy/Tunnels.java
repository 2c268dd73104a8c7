package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CONNECT: plain tunnels. The original breaks TLS open here to take blobs from the swarm; for that
 * every client would have to trust this host's certificates, so the mirror is the way instead.
 */
final class Tunnels {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnels.class);
    private static final Pattern TARGET =
            Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:/]+):([0-9]{1,5})");
    private static final int CONNECT_MILLIS = 10_000;

    private final Limits limits;
    private final Semaphore free;

    /**
     * What tunnels may cost.
     *
     * @param open tunnels at one time; further ones are refused with 503
     * @param idle time without a byte in either direction after which a tunnel is closed
     */
    record Limits(int open, Duration idle) {
        static final Limits DEFAULT = new Limits(256, Duration.ofMinutes(5));
    }

    Tunnels(Limits limits) {
        this.limits = limits;
        this.free = new Semaphore(limits.open());
    }

    /** Answers the request and moves bytes until either end closes or nothing moves any more. */
    void serve(HttpExchange exchange) throws IOException {
        Optional<InetSocketAddress> target = target(exchange.target());
        if (target.isEmpty()) {
            Refusal.send(exchange, 400, "proxy", "CONNECT needs host:port");
            return;
        }
        if (!free.tryAcquire()) {
            Refusal.send(exchange, 503, "proxy", limits.open() + " tunnels are open already");
            return;
        }
        try {
            connect(exchange, target.get());
        } finally {
            free.release();
        }
    }

    private static Optional<InetSocketAddress> target(String text) {
        Matcher target = TARGET.matcher(text);
        int port = target.matches() ? Integer.parseInt(target.group(2)) : 0;
        if (port < 1 || port > 65535) {
            return Optional.empty();
        }
        String host = target.group(1).replace("[", "").replace("]", "");
        return Optional.of(new InetSocketAddress(host, port));
    }

    private void connect(HttpExchange exchange, InetSocketAddress target) throws IOException {
        try (SocketChannel upstream = SocketChannel.open()) {
            try {
                upstream.socket().connect(target, CONNECT_MILLIS);
            } catch (IOException | RuntimeException e) {
                Refusal.send(exchange, 502, "proxy", "cannot connect to " + exchange.target());
                LOG.debug("tunnel to {}: {}", exchange.target(), e.toString());
                return;
            }
            WireReader client = exchange.tunnel(200, Headers.EMPTY);
            try (var tunnel = new Tunnel(client, upstream, limits.idle())) {
                tunnel.run();
            } catch (IOException e) {
                LOG.debug("tunnel to {} ended: {}", exchange.target(), e.toString());
            }
        }
    }
}
