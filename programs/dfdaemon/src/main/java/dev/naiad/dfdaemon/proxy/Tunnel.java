package dev.naiad.dfdaemon.proxy;

import dev.naiad.net.wire.WireReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Bytes both ways between two connections, each way with its own end. */
final class Tunnel implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);
    private static final int BUFFER = 16 << 10;

    private final WireReader client;
    private final SocketChannel upstream;
    private final long idleNanos;
    private volatile long moved = System.nanoTime();
    private volatile boolean over;

    Tunnel(WireReader client, SocketChannel upstream, Duration idle) {
        this.client = client;
        this.upstream = upstream;
        this.idleNanos = idle.toNanos();
    }

    /** Returns when both ways have ended or nothing has moved for too long. */
    void run() throws IOException {
        Thread watch = Thread.ofVirtual().name("tunnel-watch").start(this::watch);
        Thread back = Thread.ofVirtual().name("tunnel-back").start(this::pumpBack);
        try {
            pump();
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            over = true;
            LockSupport.unpark(watch);
        }
    }

    private void pump() throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        while (client.read(buffer.clear()) >= 0) {
            moved = System.nanoTime();
            buffer.flip();
            while (buffer.hasRemaining()) {
                upstream.write(buffer);
                moved = System.nanoTime();
            }
        }
        upstream.shutdownOutput();
    }

    private void pumpBack() {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
        try {
            while (upstream.read(buffer.clear()) >= 0) {
                moved = System.nanoTime();
                client.wire().write(buffer.flip());
                moved = System.nanoTime();
            }
            client.wire().shutdownOutput();
        } catch (IOException e) {
            LOG.debug("tunnel ended: {}", e.toString());
            close();
        }
    }

    private void watch() {
        while (!over) {
            long left = moved + idleNanos - System.nanoTime();
            if (left <= 0) {
                LOG.debug("tunnel to {} closed: idle", upstream);
                close();
                return;
            }
            LockSupport.parkNanos(this, left);
        }
    }

    /** Ends both ways at once. */
    @Override
    public void close() {
        over = true;
        client.wire().abort();
        try {
            upstream.close();
        } catch (IOException e) {
            LOG.debug("closing a tunnel: {}", e.toString());
        }
    }
}
