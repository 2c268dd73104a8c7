package dev.naiad.convert.nydusify;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * A bad link to a port of this machine: cuts connections after so many bytes, is slow, or tells
 * when so many bytes have passed.
 */
final class TcpRelay implements AutoCloseable {
    private static final int PIECE = 16 << 10;

    private final ServerSocket listening;
    private final int port;
    private final LongSupplier bytesUntilCut;
    private final long nanosPerPiece;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong passed = new AtomicLong();

    /**
     * @param port of the server
     * @param bytesUntilCut asked for each connection; negative for never
     * @param nanosPerPiece what 16 KiB take at least
     */
    TcpRelay(int port, LongSupplier bytesUntilCut, long nanosPerPiece) {
        this.port = port;
        this.bytesUntilCut = bytesUntilCut;
        this.nanosPerPiece = nanosPerPiece;
        try {
            listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().name("relay").daemon().start(this::accept);
    }

    String authority() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /** Both ways together. */
    long passed() {
        return passed.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                open.add(client);
                open.add(server);
                var left = new AtomicLong(bytesUntilCut.getAsLong());
                boolean cuts = left.get() >= 0;
                pump(client, server, left, cuts);
                pump(server, client, left, cuts);
            }
        } catch (IOException e) {
            // Closed, or the server is gone: either way nobody is served any more.
            close();
        }
    }

    private void pump(Socket from, Socket to, AtomicLong left, boolean cuts) {
        Thread.ofPlatform()
                .name("relay-pump")
                .daemon()
                .start(
                        () -> {
                            try (from;
                                    to) {
                                copy(from.getInputStream(), to.getOutputStream(), left, cuts);
                            } catch (IOException e) {
                                // The other direction has closed both.
                            } finally {
                                open.remove(from);
                                open.remove(to);
                            }
                        });
    }

    private void copy(InputStream in, OutputStream out, AtomicLong left, boolean cuts)
            throws IOException {
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            long allowed = cuts ? Math.max(0, left.getAndAdd(-n)) : n;
            out.write(piece, 0, (int) Math.min(n, allowed));
            passed.addAndGet(n);
            if (allowed < n) {
                return;
            }
            if (nanosPerPiece > 0) {
                LockSupport.parkNanos(nanosPerPiece);
            }
        }
    }

    @Override
    public void close() {
        try {
            listening.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
