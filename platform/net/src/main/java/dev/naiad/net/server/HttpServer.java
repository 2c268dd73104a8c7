package dev.naiad.net.server;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.net.wire.ListenSocket;
import dev.naiad.net.wire.TlsWire;
import dev.naiad.net.wire.Watchdog;
import dev.naiad.net.wire.Wire;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small HTTP/1.1 server on a TCP port or unix socket: one virtual thread per connection, requests
 * of a connection in their order. {@link #start} binds (a stale socket file is removed, a live one
 * is an error) and serves; {@link #close} stops accepting, ends idle connections, gives running
 * requests the configured time and then closes theirs too.
 */
public final class HttpServer implements Startable, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    private final String name;
    private final Endpoint endpoint;
    private final HttpServerConfig config;
    private final HttpHandler handler;
    private final Watchdog watchdog;
    private final Semaphore permits;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
    private @Nullable ListenSocket listener;
    private @Nullable Thread acceptor;
    private volatile boolean closing;

    public HttpServer(
            String name, Endpoint endpoint, HttpServerConfig config, HttpHandler handler) {
        this.name = name;
        this.endpoint = endpoint;
        this.config = config;
        this.handler = handler;
        this.watchdog = new Watchdog(name);
        this.permits = new Semaphore(config.maxConnections());
    }

    @Override
    public void start() {
        var socket = ListenSocket.bind(endpoint, config.socketMode());
        listener = socket;
        acceptor = Thread.ofVirtual().name(name + "-accept").start(() -> accept(socket));
    }

    /** Where it listens; the port is the real one. */
    public Endpoint endpoint() {
        var socket = listener;
        if (socket == null) {
            throw new IllegalStateException(name + " is not started");
        }
        return socket.endpoint();
    }

    /** The TCP port. */
    public int port() {
        return switch (endpoint()) {
            case Endpoint.Tcp tcp -> tcp.port();
            case Endpoint.Unix unix ->
                    throw new IllegalStateException(name + " listens on " + unix);
        };
    }

    private void accept(ListenSocket socket) {
        while (!closing) {
            boolean used = false;
            try {
                permits.acquire();
                SocketChannel channel = socket.accept();
                var connection = new Connection(Wire.accepted(channel, watchdog));
                connections.add(connection);
                used = true;
                Thread.ofVirtual().name(name + "-connection").start(connection);
            } catch (ClosedChannelException | InterruptedException e) {
                return;
            } catch (IOException e) {
                LOG.warn("{}: cannot accept a connection: {}", name, e.toString());
                pause();
            } finally {
                if (!used) {
                    permits.release();
                }
            }
        }
    }

    /** Out of descriptors: wait for some connection to end instead of spinning. */
    private static void pause() {
        java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(100));
    }

    @Override
    public void close() {
        closing = true;
        var socket = listener;
        if (socket != null) {
            socket.close();
        }
        long end = System.nanoTime() + config.stopTimeout().toNanos();
        connections.forEach(Connection::closeIfIdle);
        while (!connections.isEmpty() && System.nanoTime() - end < 0) {
            java.util.concurrent.locks.LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            connections.forEach(Connection::closeIfIdle);
        }
        watchdog.close();
        var thread = acceptor;
        if (thread != null) {
            thread.interrupt();
        }
    }

    /** One connection and its thread. */
    private final class Connection implements Runnable {
        private final Wire accepted;
        private volatile boolean busy;

        Connection(Wire accepted) {
            this.accepted = accepted;
        }

        void closeIfIdle() {
            if (!busy) {
                accepted.abort();
            }
        }

        @Override
        public void run() {
            Wire wire = accepted;
            boolean handedOver = false;
            try {
                if (config.tls().isPresent()) {
                    wire.deadline(config.headTimeout());
                    wire = TlsWire.server(wire, watchdog, config.tls().get());
                }
                handedOver = new ConnectionLoop(wire, config, handler, name).run(this::busy);
            } catch (IOException e) {
                LOG.debug("{}: connection of {} ended: {}", name, wire.remote(), e.toString());
            } catch (NaiadException e) {
                if (e.kind() == ErrorKind.INTERNAL) {
                    LOG.warn("{}: connection of {}", name, wire.remote(), e);
                } else {
                    LOG.debug("{}: connection of {} ended: {}", name, wire.remote(), e.toString());
                }
            } finally {
                if (!handedOver) {
                    wire.close();
                }
                connections.remove(this);
                permits.release();
            }
        }

        /** False if the server is closing, so that no further request begins. */
        private boolean busy(boolean now) {
            busy = now;
            return !closing;
        }
    }

    /** How long requests may take to finish when the server closes. */
    public Duration stopTimeout() {
        return config.stopTimeout();
    }
}
