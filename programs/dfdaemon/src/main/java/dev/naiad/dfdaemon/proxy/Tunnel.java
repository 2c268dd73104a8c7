package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.http.Headers;
import dev.naiad.net.server.HttpExchange;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * CONNECT: a plain tunnel. The original breaks TLS open here to take blobs from the swarm; for that
 * every client would have to trust this host's certificates, so the mirror is the way instead.
 */
final class Tunnel {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);
    private static final Pattern TARGET =
            Pattern.compile("(\\[[0-9a-fA-F:.]+]|[^:/]+):([0-9]{1,5})");
    private static final int BUFFER = 32 << 10;

    private Tunnel() {}

    static void serve(HttpExchange exchange) throws IOException {
        Matcher target = TARGET.matcher(exchange.target());
        int port = target.matches() ? Integer.parseInt(target.group(2)) : 0;
        if (port < 1 || port > 65535) {
            Refusal.send(exchange, 400, "proxy", "CONNECT needs host:port");
            return;
        }
        String host = target.group(1).replace("[", "").replace("]", "");
        SocketChannel upstream = SocketChannel.open();
        try {
            upstream.socket().connect(new InetSocketAddress(host, port), 10_000);
        } catch (IOException | RuntimeException e) {
            close(upstream);
            Refusal.send(exchange, 502, "proxy", "cannot connect to " + exchange.target());
            LOG.debug("tunnel to {}: {}", exchange.target(), e.toString());
            return;
        }
        WireReader client = exchange.tunnel(200, Headers.EMPTY);
        Thread back =
                Thread.ofVirtual().name("tunnel-back").start(() -> pumpBack(upstream, client));
        try {
            pump(client, upstream);
            back.join();
        } catch (IOException e) {
            LOG.debug("tunnel to {} ended: {}", exchange.target(), e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            close(upstream);
            client.wire().close();
        }
    }

    private static void pump(WireReader client, SocketChannel upstream) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (client.read(buffer.clear()) >= 0) {
            buffer.flip();
            while (buffer.hasRemaining()) {
                upstream.write(buffer);
            }
        }
        upstream.shutdownOutput();
    }

    private static void pumpBack(SocketChannel upstream, WireReader client) {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        try {
            while (upstream.read(buffer.clear()) >= 0) {
                client.wire().write(buffer.flip());
            }
            client.wire().shutdownOutput();
        } catch (IOException e) {
            LOG.debug("tunnel ended: {}", e.toString());
            close(upstream);
            client.wire().abort();
        }
    }

    private static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a tunnel: {}", e.toString());
        }
    }
}
