package dev.naiad.dfdaemon.vortex;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.dfdaemon.piece.RateLimiter;
import dev.naiad.dfdaemon.storage.PieceRecord;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.vortex.PieceContent;
import dev.naiad.dragonfly.vortex.PieceRequest;
import dev.naiad.dragonfly.vortex.VortexError;
import dev.naiad.dragonfly.vortex.VortexException;
import dev.naiad.dragonfly.vortex.VortexHeader;
import dev.naiad.dragonfly.vortex.VortexTag;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives pieces to children: one request per connection, the content by sendfile.
 *
 * <p>A platform thread per connection, because blocking sendfile from one costs the least CPU of
 * all ways measured (docs/performance.md); the number of connections is bounded, and further
 * children wait in the accept queue. A connection that moves nothing for {@link #STALL} is cut.
 */
public final class VortexServer implements Startable {
    private static final Logger LOG = LoggerFactory.getLogger(VortexServer.class);
    private static final int MAX_CONNECTIONS = 128;
    private static final int STEP = 1 << 20;
    private static final Duration STALL = Duration.ofSeconds(30);

    /** Where the server finds what it gives away. */
    public interface Pieces {
        /**
         * The stored task that has piece {@code number}, waiting for one that is on its way; null
         * if it is neither here nor coming. The task is held; the caller releases it.
         */
        @Nullable StoredTask await(String taskId, int number) throws InterruptedException;

        /** A transfer to a child begins; {@link #ended} follows. */
        void began();

        void ended();

        /** {@code bytes} of a piece were sent to a child. */
        void sent(long bytes);
    }

    private final InetSocketAddress bind;
    private final Pieces pieces;
    private final RateLimiter limiter;
    private final Semaphore connections = new Semaphore(MAX_CONNECTIONS);
    private final Map<SocketChannel, AtomicLong> open = new ConcurrentHashMap<>();
    private final ThreadFactory threads = Thread.ofPlatform().name("vortex-", 0).daemon().factory();
    private @Nullable ServerSocketChannel server;
    private @Nullable ScheduledExecutorService watchdog;
    private volatile boolean closed;

    public VortexServer(InetSocketAddress bind, Pieces pieces, RateLimiter limiter) {
        this.bind = bind;
        this.pieces = pieces;
        this.limiter = limiter;
    }

    @Override
    public void start() {
        try {
            var channel = ServerSocketChannel.open();
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            channel.bind(bind, 1024);
            server = channel;
            threads.newThread(() -> accept(channel)).start();
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE,
                    "storage.server: cannot listen on " + bind + ": " + e.getMessage(),
                    e);
        }
        watchdog =
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().name("vortex-watchdog").daemon().factory());
        Future<?> _ = watchdog.scheduleWithFixedDelay(this::cutStalled, 5, 5, TimeUnit.SECONDS);
    }

    /** The port the server listens on. */
    public int port() {
        ServerSocketChannel channel = server;
        if (channel == null) {
            throw new IllegalStateException("not started");
        }
        return channel.socket().getLocalPort();
    }

    private void accept(ServerSocketChannel channel) {
        while (!closed) {
            try {
                connections.acquire();
            } catch (InterruptedException e) {
                return;
            }
            try {
                SocketChannel child = channel.accept();
                open.put(child, new AtomicLong(System.nanoTime()));
                threads.newThread(() -> serve(child)).start();
            } catch (IOException e) {
                connections.release();
                if (!closed) {
                    LOG.warn("piece server: accept failed: {}", e.toString());
                    pause();
                }
            }
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void serve(SocketChannel child) {
        try (child) {
            child.setOption(StandardSocketOptions.TCP_NODELAY, true);
            answer(child);
        } catch (VortexException e) {
            LOG.debug("piece server: {} spoke no Vortex: {}", child, e.getMessage());
        } catch (IOException e) {
            LOG.debug("piece server: child went away: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            LOG.warn("piece server: request failed", e);
        } finally {
            open.remove(child);
            connections.release();
        }
    }

    private void answer(SocketChannel child) throws IOException, InterruptedException {
        ByteBuffer head = readFully(child, VortexHeader.SIZE);
        VortexHeader header = VortexHeader.read(head);
        switch (header.tag()) {
            case DOWNLOAD_PIECE, DOWNLOAD_PERSISTENT_PIECE, DOWNLOAD_PERSISTENT_CACHE_PIECE -> {
                // Of one shape; only the first kind of task is held here, the others are not found.
            }
            default ->
                    throw new VortexException("tag " + header.tag() + " where a request belongs");
        }
        PieceRequest request = PieceRequest.decode(header, readFully(child, header.length()));
        StoredTask task;
        try {
            task =
                    header.tag() == VortexTag.DOWNLOAD_PIECE
                            ? pieces.await(request.taskId(), request.pieceNumber())
                            : null;
        } catch (NaiadException e) {
            send(child, new VortexError(VortexError.Code.INTERNAL, text(e)).encode(header.id()));
            return;
        }
        if (task == null) {
            sendNotFound(child, header, request);
            return;
        }
        try {
            send(child, header, request, task);
        } finally {
            task.release();
        }
    }

    private void send(
            SocketChannel child, VortexHeader header, PieceRequest request, StoredTask task)
            throws IOException {
        PieceRecord piece = task.piece(request.pieceNumber()).orElse(null);
        if (piece == null) {
            sendNotFound(child, header, request);
            return;
        }
        pieces.began();
        try (var content = task.openContent()) {
            send(child, describe(piece).encode(header.id(), VortexTag.PIECE_CONTENT));
            transfer(child, content, piece);
            pieces.sent(piece.length());
        } finally {
            pieces.ended();
        }
    }

    private void sendNotFound(SocketChannel child, VortexHeader header, PieceRequest request)
            throws IOException {
        String text = "piece " + request.taskId() + "-" + request.pieceNumber() + " not found";
        send(child, new VortexError(VortexError.Code.NOT_FOUND, text).encode(header.id()));
    }

    private static PieceContent describe(PieceRecord piece) {
        return new PieceContent(
                piece.number(),
                piece.offset(),
                piece.length(),
                piece.digest(),
                piece.parentId(),
                PieceContent.REMOTE_PEER,
                piece.cost().toSeconds(),
                piece.createdAt().getEpochSecond());
    }

    private void transfer(SocketChannel child, FileChannel content, PieceRecord piece)
            throws IOException {
        long at = piece.offset();
        long end = at + piece.length();
        while (at < end) {
            long step = Math.min(STEP, end - at);
            limiter.acquire(step);
            long sent = content.transferTo(at, step, child);
            if (sent <= 0) {
                throw new EOFException("content file ends at " + at);
            }
            at += sent;
            moved(child);
        }
    }

    private void send(SocketChannel child, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            child.write(bytes);
        }
        moved(child);
    }

    private static ByteBuffer readFully(SocketChannel child, int size) throws IOException {
        ByteBuffer in = ByteBuffer.allocate(size);
        while (in.hasRemaining()) {
            if (child.read(in) < 0) {
                throw new EOFException("request ends after " + in.position() + " bytes");
            }
        }
        return in.flip();
    }

    private void moved(SocketChannel child) {
        AtomicLong last = open.get(child);
        if (last != null) {
            last.set(System.nanoTime());
        }
    }

    private void cutStalled() {
        long now = System.nanoTime();
        open.forEach(
                (child, last) -> {
                    if (now - last.get() > STALL.toNanos()) {
                        cut(child);
                    }
                });
    }

    private static void cut(SocketChannel child) {
        try {
            child.close();
        } catch (IOException e) {
            LOG.debug("closing {}: {}", child, e.toString());
        }
    }

    private static String text(NaiadException e) {
        return String.valueOf(e.getMessage());
    }

    @Override
    public void close() {
        closed = true;
        ScheduledExecutorService timer = watchdog;
        if (timer != null) {
            timer.shutdownNow();
        }
        ServerSocketChannel channel = server;
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.debug("closing the piece server: {}", e.toString());
            }
        }
        open.keySet().forEach(VortexServer::cut);
    }
}
