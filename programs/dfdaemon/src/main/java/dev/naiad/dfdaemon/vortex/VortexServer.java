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
import dev.naiad.dragonfly.vortex.VortexTag;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
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
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives pieces to children, the content by sendfile. One of ours may ask for the next piece on the
 * same connection.
 *
 * <p>A connection passes three stages, each bounded by itself: a {@link RequestGate} until its
 * request is here; a virtual thread while its piece is on its way or has no {@link UploadSlots
 * slot}; one of {@link #SENDERS} platform threads, which block in sendfile, while the piece is
 * sent. A connection that moves nothing for {@link #STALL} while it is sent to is cut.
 */
public final class VortexServer implements Startable {
    private static final Logger LOG = LoggerFactory.getLogger(VortexServer.class);
    private static final int SENDERS = 128;

    /** Requests being answered, or waiting to be; further children are turned away. */
    private static final int MOST_REQUESTS = 1024;

    private static final int STEP = 1 << 20;
    private static final Duration STALL = Duration.ofSeconds(30);

    /** Where the server finds what it gives away. */
    public interface Pieces {
        /**
         * The stored task that has piece {@code number}, waiting for one that is on its way; null
         * if it is neither here nor coming. The task is held; the caller releases it.
         */
        @Nullable StoredTask await(String taskId, int number) throws InterruptedException;

        /** A transfer of a piece to a child begins; {@link #ended} follows. */
        void began(String taskId, int number);

        void ended();

        /** {@code bytes} of a piece were sent to a child. */
        void sent(long bytes);
    }

    private final InetSocketAddress bind;
    private final Pieces pieces;
    private final RateLimiter limiter;
    private final UploadSlots slots;
    private final Semaphore requests = new Semaphore(MOST_REQUESTS);
    private final Map<SocketChannel, AtomicLong> sending = new ConcurrentHashMap<>();
    private final ThreadFactory waiters = Thread.ofVirtual().name("vortex-wait-", 0).factory();
    private final ThreadPoolExecutor senders =
            new ThreadPoolExecutor(
                    SENDERS,
                    SENDERS,
                    10,
                    TimeUnit.SECONDS,
                    new LinkedBlockingQueue<>(),
                    Thread.ofPlatform().name("vortex-", 0).daemon().factory());
    private @Nullable ServerSocketChannel server;
    private @Nullable RequestGate gate;
    private @Nullable ScheduledExecutorService watchdog;

    public VortexServer(
            InetSocketAddress bind, Pieces pieces, RateLimiter limiter, UploadSlots slots) {
        this.bind = bind;
        this.pieces = pieces;
        this.limiter = limiter;
        this.slots = slots;
        senders.allowCoreThreadTimeOut(true);
    }

    @Override
    public void start() {
        try {
            ServerSocketChannel channel = listen();
            server = channel;
            var requestGate = new RequestGate(channel, this::take);
            gate = requestGate;
            requestGate.start();
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
        Future<?> _ = watchdog.scheduleWithFixedDelay(slots::tick, 200, 200, TimeUnit.MILLISECONDS);
    }

    private ServerSocketChannel listen() throws IOException {
        var channel = ServerSocketChannel.open();
        try {
            channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            return channel.bind(bind, 1024);
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** The port the server listens on. */
    public int port() {
        ServerSocketChannel channel = server;
        if (channel == null) {
            throw new IllegalStateException("not started");
        }
        return channel.socket().getLocalPort();
    }

    /** Where programs of this machine reach it. */
    public InetSocketAddress localAddress() {
        return bind.getAddress().isAnyLocalAddress()
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), port())
                : new InetSocketAddress(bind.getAddress(), port());
    }

    private void take(SocketChannel child, PieceRequest request) {
        if (!requests.tryAcquire()) {
            LOG.debug("piece server: {} turned away: too many requests", child);
            cut(child);
            return;
        }
        waiters.newThread(() -> await(child, request)).start();
    }

    private void await(SocketChannel child, PieceRequest request) {
        StoredTask task = null;
        UploadSlots.Upload slot = null;
        boolean handedOver = false;
        try {
            // Only the first kind of task is held here, the others are not found.
            if (request.tag() == VortexTag.DOWNLOAD_PIECE
                    || request.tag() == VortexTag.DOWNLOAD_PIECE_AND_STAY) {
                task = pieces.await(request.taskId(), request.pieceNumber());
            }
            slot = slots.acquire();
            StoredTask found = task;
            UploadSlots.Upload upload = slot;
            senders.execute(() -> answer(child, request, found, upload));
            handedOver = true;
        } catch (NaiadException e) {
            sendError(child, request, VortexError.Code.INTERNAL, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RejectedExecutionException e) {
            LOG.debug("piece server: closed before {} was answered", child);
        } finally {
            if (!handedOver) {
                end(child, task, slot);
            }
        }
    }

    private void end(
            SocketChannel child, @Nullable StoredTask task, UploadSlots.@Nullable Upload slot) {
        release(child, task, slot);
        cut(child);
    }

    private void release(
            SocketChannel child, @Nullable StoredTask task, UploadSlots.@Nullable Upload slot) {
        if (slot != null) {
            slot.close();
        }
        if (task != null) {
            task.release();
        }
        sending.remove(child);
        requests.release();
    }

    private void answer(
            SocketChannel child,
            PieceRequest request,
            @Nullable StoredTask task,
            UploadSlots.Upload upload) {
        sending.put(child, new AtomicLong(System.nanoTime()));
        boolean stays = false;
        try {
            child.setOption(StandardSocketOptions.TCP_NODELAY, true);
            PieceRecord piece =
                    task == null ? null : task.piece(request.pieceNumber()).orElse(null);
            if (task == null || piece == null) {
                sendError(
                        child,
                        request,
                        VortexError.Code.NOT_FOUND,
                        "piece " + request.taskId() + "-" + request.pieceNumber() + " not found");
                return;
            }
            send(child, request, task, piece, upload);
            stays = request.tag() == VortexTag.DOWNLOAD_PIECE_AND_STAY;
        } catch (IOException e) {
            LOG.debug("piece server: child went away: {}", e.toString());
        } catch (RuntimeException e) {
            LOG.warn("piece server: request failed", e);
        } finally {
            RequestGate entrance = gate;
            if (stays && entrance != null) {
                release(child, task, upload);
                entrance.again(child);
            } else {
                end(child, task, upload);
            }
        }
    }

    private void send(
            SocketChannel child,
            PieceRequest request,
            StoredTask task,
            PieceRecord piece,
            UploadSlots.Upload upload)
            throws IOException {
        pieces.began(request.taskId(), piece.number());
        try (var content = task.openContent()) {
            send(child, describe(piece).encode(request.id(), VortexTag.PIECE_CONTENT));
            transfer(child, content, piece, upload);
            pieces.sent(piece.length());
        } finally {
            pieces.ended();
        }
    }

    private void sendError(
            SocketChannel child, PieceRequest request, VortexError.Code code, String text) {
        try {
            send(child, new VortexError(code, text).encode(request.id()));
        } catch (IOException e) {
            LOG.debug("piece server: child went away: {}", e.toString());
        }
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

    private void transfer(
            SocketChannel child, FileChannel content, PieceRecord piece, UploadSlots.Upload upload)
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
            upload.moved(sent);
        }
    }

    private void send(SocketChannel child, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            child.write(bytes);
        }
        moved(child);
    }

    private void moved(SocketChannel child) {
        AtomicLong last = sending.get(child);
        if (last != null) {
            last.set(System.nanoTime());
        }
    }

    private void cutStalled() {
        long now = System.nanoTime();
        sending.forEach(
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

    @Override
    public void close() {
        ScheduledExecutorService timer = watchdog;
        if (timer != null) {
            timer.shutdownNow();
        }
        RequestGate entrance = gate;
        if (entrance != null) {
            try {
                entrance.close();
            } catch (IOException e) {
                LOG.debug("closing the piece server: {}", e.toString());
            }
        }
        senders.shutdown();
        sending.keySet().forEach(VortexServer::cut);
    }
}
