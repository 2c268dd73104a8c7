package dev.naiad.net.wire;

import java.io.Closeable;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Optional;

/**
 * One open connection: blocking, meant for virtual threads. One thread may read while another
 * writes; close may come from any thread and ends both. Each call has {@link #timeout} to make
 * progress and all calls together end at {@link #deadline}; a late call gets a {@link
 * SocketTimeoutException} and the connection is dead.
 */
public abstract sealed class Wire implements Closeable permits PlainWire, TlsWire {
    final SocketChannel channel;
    private final Watchdog.Watch watch;
    private volatile long timeoutNanos;
    private volatile long deadlineAt = Long.MAX_VALUE;
    private volatile boolean broken;
    private int armed;

    Wire(SocketChannel channel, Watchdog watchdog) {
        this.channel = channel;
        this.watch = watchdog.watch(this::abort);
    }

    /** Opens a connection; a host with several addresses is tried in their order. */
    public static Wire connect(Endpoint endpoint, Watchdog watchdog, Duration timeout)
            throws IOException {
        return WireConnector.connect(endpoint, watchdog, timeout);
    }

    /** Takes over an accepted channel. */
    public static Wire accepted(SocketChannel channel, Watchdog watchdog) {
        return new PlainWire(channel, watchdog);
    }

    /** Longest time that one read or write may make no progress; zero means for ever. */
    public final void timeout(Duration perCall) {
        timeoutNanos = perCall.toNanos();
    }

    /** Time from now in which everything has to be over; zero means for ever. */
    public final void deadline(Duration fromNow) {
        deadlineAt =
                fromNow.isZero() || fromNow.isNegative()
                        ? Long.MAX_VALUE
                        : System.nanoTime() + fromNow.toNanos();
    }

    /** Reads at least one byte; -1 at the end of the stream. */
    public final int read(ByteBuffer target) throws IOException {
        begin();
        try {
            return doRead(target);
        } catch (IOException e) {
            throw explain(e);
        } finally {
            end();
        }
    }

    /** Writes all of it. */
    public final void write(ByteBuffer source) throws IOException {
        while (source.hasRemaining()) {
            begin();
            try {
                doWrite(source);
            } catch (IOException e) {
                broken = true;
                throw explain(e);
            } finally {
                end();
            }
        }
    }

    /**
     * Writes a part of a file, without copying it through this process where the connection is
     * plain.
     */
    public final void sendFile(FileChannel file, long offset, long length) throws IOException {
        long at = offset;
        long end = Math.addExact(offset, length);
        while (at < end) {
            begin();
            try {
                long sent = doSendFile(file, at, Math.min(end - at, 8 << 20));
                if (sent <= 0) {
                    // On a virtual thread sendfile answers 0 when the peer is slow, where a write
                    // waits.
                    sent = copyStep(file, at, end);
                }
                at += sent;
            } catch (IOException e) {
                throw explain(e);
            } finally {
                end();
            }
        }
    }

    private int copyStep(FileChannel file, long at, long end) throws IOException {
        ByteBuffer step = ByteBuffer.allocate((int) Math.min(16 << 10, end - at));
        int count = file.read(step, at);
        if (count <= 0) {
            throw new IOException("file ends at " + at + ", before " + end);
        }
        step.flip();
        while (step.hasRemaining()) {
            doWrite(step);
        }
        return count;
    }

    /** Says that no more bytes follow; the other direction stays open. */
    public void shutdownOutput() throws IOException {
        channel.shutdownOutput();
    }

    /**
     * False if the peer has closed, or has sent what nobody asked for: then the idle connection is
     * of no use.
     */
    public final boolean quiet() {
        try {
            channel.configureBlocking(false);
            try {
                return channel.read(ByteBuffer.allocate(1)) == 0;
            } finally {
                channel.configureBlocking(true);
            }
        } catch (IOException e) {
            return false;
        }
    }

    /** User and group of the process at the other end of a unix socket. */
    public final Optional<jdk.net.UnixDomainPrincipal> peerCredentials() {
        try {
            return Optional.ofNullable(
                    channel.getOption(jdk.net.ExtendedSocketOptions.SO_PEERCRED));
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }

    /** A write has failed. */
    public final boolean broken() {
        return broken;
    }

    /** Not yet closed by this side. */
    public final boolean isOpen() {
        return channel.isOpen();
    }

    /** Name of the other end, for messages. */
    public final String remote() {
        try {
            Object address = channel.getRemoteAddress();
            String text = address == null ? "" : address.toString();
            return text.isEmpty() ? "unix socket" : text.substring(text.indexOf('/') + 1);
        } catch (IOException e) {
            return "closed connection";
        }
    }

    /**
     * The connection is put aside; unless {@link #wake} comes first it is closed after that time.
     */
    public final void sleep(Duration atMost) {
        synchronized (watch) {
            watch.arm(atMost.toNanos());
        }
    }

    /** Takes a connection up again; false if it is closed. */
    public final boolean wake() {
        deadline(Duration.ZERO);
        synchronized (watch) {
            watch.disarm();
        }
        return channel.isOpen();
    }

    /** Stops watching a connection that another one wraps. */
    final void release() {
        watch.close();
    }

    /** Closes at once, without TLS farewell. */
    public final void abort() {
        watch.close();
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing is left to be done with a socket that cannot be closed.
        }
    }

    @Override
    public void close() {
        abort();
    }

    abstract int doRead(ByteBuffer target) throws IOException;

    abstract void doWrite(ByteBuffer source) throws IOException;

    abstract long doSendFile(FileChannel file, long offset, long length) throws IOException;

    final void begin() throws IOException {
        long limit = timeoutNanos == 0 ? Long.MAX_VALUE : timeoutNanos;
        long end = deadlineAt;
        if (end != Long.MAX_VALUE) {
            long left = end - System.nanoTime();
            if (left <= 0) {
                abort();
                throw new SocketTimeoutException("deadline passed");
            }
            limit = Math.min(limit, left);
        }
        synchronized (watch) {
            armed++;
            watch.arm(limit == Long.MAX_VALUE ? 0 : limit);
        }
    }

    final void end() {
        synchronized (watch) {
            if (--armed == 0) {
                watch.disarm();
            }
        }
    }

    final IOException explain(IOException e) {
        if (watch.fired()) {
            var late = new SocketTimeoutException("timed out");
            late.initCause(e);
            return late;
        }
        return e;
    }
}
