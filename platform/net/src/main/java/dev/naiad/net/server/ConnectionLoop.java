package dev.naiad.net.server;

import dev.naiad.base.error.NaiadException;
import dev.naiad.net.http.HttpStatus;
import dev.naiad.net.http.MalformedHttpException;
import dev.naiad.net.wire.Wire;
import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the requests of one connection, one after the other. */
final class ConnectionLoop {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    private final Wire wire;
    private final HttpServerConfig config;
    private final HttpHandler handler;
    private final String name;

    ConnectionLoop(Wire wire, HttpServerConfig config, HttpHandler handler, String name) {
        this.wire = wire;
        this.config = config;
        this.handler = handler;
        this.name = name;
    }

    /** Told before and after each request; false ends the loop. */
    interface Busy {
        boolean now(boolean busy);
    }

    /**
     * Serves until the connection ends.
     *
     * @return true if a handler has taken the connection over
     */
    boolean run(Busy busy) throws IOException {
        var in = new WireReader(wire);
        while (true) {
            wire.deadline(Duration.ZERO);
            wire.timeout(config.idleTimeout());
            if (!in.awaitByte()) {
                return false;
            }
            if (!busy.now(true)) {
                return false;
            }
            wire.timeout(Duration.ZERO);
            wire.deadline(config.headTimeout());
            HttpExchange exchange;
            try {
                RequestHead head = RequestHead.read(in, config.maxHeadBytes());
                if (head == null) {
                    return false;
                }
                exchange = new HttpExchange(head, in, config.maxBodyBytes());
            } catch (MalformedHttpException e) {
                refuse(e);
                return false;
            }
            wire.deadline(Duration.ZERO);
            wire.timeout(config.ioTimeout());
            handle(exchange);
            if (exchange.tunnelled()) {
                return true;
            }
            if (!exchange.reusable()) {
                linger(in);
                return false;
            }
            if (!busy.now(false)) {
                return false;
            }
        }
    }

    private void handle(HttpExchange exchange) throws IOException {
        try {
            handler.handle(exchange);
            if (exchange.status() == 0) {
                LOG.error("{}: {} {} got no reply", name, exchange.method(), exchange.path());
                exchange.reply(500, "text/plain", "no reply\n");
            }
        } catch (NaiadException e) {
            fail(exchange, HttpStatus.of(e.kind()), e);
        } catch (IOException | RuntimeException e) {
            fail(exchange, 500, e);
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            fail(exchange, 500, e);
        }
        if (!exchange.complete()) {
            throw new IOException(
                    "reply to " + exchange.method() + " " + exchange.path() + " broke off");
        }
    }

    private void fail(HttpExchange exchange, int status, Exception e) throws IOException {
        boolean lost = e instanceof IOException && (wire.broken() || !wire.isOpen());
        if (lost) {
            LOG.debug("{}: {} {}: client is gone", name, exchange.method(), exchange.path());
        } else if (status == 500) {
            LOG.error("{}: {} {} failed", name, exchange.method(), exchange.path(), e);
        } else {
            LOG.debug("{}: {} {}: {}", name, exchange.method(), exchange.path(), e.getMessage());
        }
        if (exchange.status() == 0 && !lost) {
            exchange.closeAfterwards();
            exchange.reply(status, "text/plain; charset=utf-8", e.getMessage() + "\n");
        }
    }

    private void refuse(MalformedHttpException e) throws IOException {
        byte[] text = (e.getMessage() + "\n").getBytes(StandardCharsets.UTF_8);
        var head =
                "HTTP/1.1 "
                        + e.status()
                        + " "
                        + HttpStatus.reason(e.status())
                        + "\r\n"
                        + "Content-Type: text/plain\r\nConnection: close\r\nContent-Length: "
                        + text.length
                        + "\r\n\r\n";
        wire.timeout(Duration.ofSeconds(2));
        wire.write(java.nio.ByteBuffer.wrap(head.getBytes(StandardCharsets.ISO_8859_1)));
        wire.write(java.nio.ByteBuffer.wrap(text));
    }

    /**
     * Closing a socket with unread data resets it, and the reset can overtake the reply: read for a
     * moment what the client is still sending.
     */
    private void linger(WireReader in) throws IOException {
        wire.shutdownOutput();
        wire.deadline(Duration.ofSeconds(1));
        byte[] scrap = new byte[8 << 10];
        for (int i = 0; i < 64; i++) {
            if (in.read(java.nio.ByteBuffer.wrap(scrap)) < 0) {
                return;
            }
        }
    }
}
