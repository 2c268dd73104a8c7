package dev.naiad.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * A bad link to a port of this machine: each connection has its fate. Counts the bytes that passed.
 * Close cuts the connections that are left.
 */
public final class BadLink implements AutoCloseable {
    private static final int PIECE = 16 << 10;
    private static final int TLS_HANDSHAKE = 22;

    private final ServerSocket listening;
    private final int port;
    private final Supplier<Fate> fates;
    private final long nanosPerPiece;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicLong passed = new AtomicLong();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** What happens to a connection; bytes are counted in both directions together. */
    public sealed interface Fate {
        /** Nothing. */
        record Fine() implements Fate {}

        /** It is cut, in the middle of whatever is being sent. */
        record Cut(long bytes) implements Fate {}

        /** It stalls for a while, then goes on. */
        record Stall(long bytes, Duration pause) implements Fate {}

        /** It stalls for ever, and neither side is told. */
        record Dead(long bytes) implements Fate {}

        /** Its first request gets this status, and nothing reaches the server. */
        record Refused(int status) implements Fate {}
    }

    /**
     * @param port of the server
     * @param fates asked for each connection
     * @param nanosPerPiece the least time that 16 KiB take
     */
    public BadLink(int port, Supplier<Fate> fates, long nanosPerPiece) {
        this.port = port;
        this.fates = fates;
        this.nanosPerPiece = nanosPerPiece;
        try {
            listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().name("link").daemon().start(this::accept);
    }

    /** Where clients find it. */
    public String authority() {
        return "127.0.0.1:" + listening.getLocalPort();
    }

    /** Bytes that have passed, in both directions together. */
    public long passed() {
        return passed.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listening.accept();
                open.add(client);
                Fate fate = fates.get();
                if (fate instanceof Fate.Refused refused) {
                    start(() -> refuse(client, refused.status()));
                    continue;
                }
                Socket server = new Socket(InetAddress.getLoopbackAddress(), port);
                open.add(server);
                var left = new AtomicLong(bytes(fate));
                start(() -> pump(client, server, fate, left));
                start(() -> pump(server, client, fate, left));
            }
        } catch (IOException e) {
            // Closed, or the server is gone: either way nothing is served any more.
            close();
        }
    }

    private static long bytes(Fate fate) {
        return switch (fate) {
            case Fate.Fine _, Fate.Refused _ -> Long.MAX_VALUE;
            case Fate.Cut cut -> cut.bytes();
            case Fate.Stall stall -> stall.bytes();
            case Fate.Dead dead -> dead.bytes();
        };
    }

    private static void start(Runnable work) {
        Thread.ofPlatform().name("link-pump").daemon().start(work);
    }

    private void refuse(Socket client, int status) {
        try (client) {
            InputStream in = client.getInputStream();
            // A client that asks for TLS is told at once that this is HTTP, as servers do.
            int ends = 0; // how much of the empty line behind the head has come
            int first = in.read();
            for (int b = first; b >= 0 && first != TLS_HANDSHAKE; b = in.read()) {
                ends = b == (ends % 2 == 0 ? '\r' : '\n') ? ends + 1 : 0;
                if (ends == 4) {
                    break;
                }
            }
            String answer =
                    "HTTP/1.1 "
                            + (first == TLS_HANDSHAKE ? 400 : status)
                            + " Not now\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
            client.shutdownOutput();
            // A body still being sent would reset the connection before the answer is read.
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // The client has gone.
        } finally {
            open.remove(client);
        }
    }

    private void pump(Socket from, Socket to, Fate fate, AtomicLong left) {
        try (from;
                to) {
            copy(from.getInputStream(), to.getOutputStream(), fate, left);
        } catch (IOException e) {
            // The other direction has closed both.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private void copy(InputStream in, OutputStream out, Fate fate, AtomicLong left)
            throws IOException, InterruptedException {
        byte[] piece = new byte[PIECE];
        for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
            long before = left.getAndAdd(-n);
            int allowed = Math.clamp(before, 0, n);
            if (allowed < n) {
                out.write(piece, 0, allowed);
                passed.addAndGet(allowed);
                switch (fate) {
                    case Fate.Fine _, Fate.Refused _ -> {}
                    case Fate.Cut _ -> {
                        return;
                    }
                    case Fate.Dead _ -> {
                        closed.await();
                        return;
                    }
                    case Fate.Stall stall -> {
                        if (before > 0
                                && closed.await(stall.pause().toMillis(), TimeUnit.MILLISECONDS)) {
                            return;
                        }
                    }
                }
                out.write(piece, allowed, n - allowed);
                passed.addAndGet(n - allowed);
            } else {
                out.write(piece, 0, n);
                passed.addAndGet(n);
            }
            if (nanosPerPiece > 0) {
                LockSupport.parkNanos(nanosPerPiece);
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
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
