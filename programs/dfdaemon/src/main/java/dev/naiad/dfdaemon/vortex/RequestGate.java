package dev.naiad.dfdaemon.vortex;

import dev.naiad.dragonfly.vortex.PieceRequest;
import dev.naiad.dragonfly.vortex.VortexException;
import dev.naiad.dragonfly.vortex.VortexHeader;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes connections and lets those through that have sent their request; one that was answered may
 * send another. One thread reads all of them, so a connection that says nothing costs a descriptor
 * and 74 bytes, and not for long: it is cut after {@link #PATIENCE}, or before when there are too
 * many, the oldest first.
 */
final class RequestGate implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RequestGate.class);
    private static final int MOST_SILENT = 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long SWEEP_MILLIS = 500;

    /** Where requests go. Called on the thread of the gate: must not block. */
    interface Requests {
        /** The child's channel is in blocking mode; the receiver closes it. */
        void take(SocketChannel child, PieceRequest request);
    }

    private record Arrived(SocketChannel child, PieceRequest request) {}

    private static final class Waiting {
        private final ByteBuffer request = ByteBuffer.allocate(PieceRequest.SIZE);
        private final long since = System.nanoTime();
    }

    private final ServerSocketChannel server;
    private final Requests requests;
    private final Selector selector;

    /** Those that were answered and may ask again. */
    private final Queue<SocketChannel> answered = new ConcurrentLinkedQueue<>();

    /** Connections whose request is not here, in the order in which they came. */
    private final Map<SelectionKey, Waiting> silent = new LinkedHashMap<>();

    RequestGate(ServerSocketChannel server, Requests requests) throws IOException {
        this.server = server;
        this.requests = requests;
        this.selector = Selector.open();
        server.configureBlocking(false);
        server.register(selector, SelectionKey.OP_ACCEPT);
    }

    void start() {
        Thread.ofPlatform().name("vortex-gate").daemon().start(this::run);
    }

    private void run() {
        while (selector.isOpen()) {
            try {
                selector.select(SWEEP_MILLIS);
                turn();
            } catch (ClosedSelectorException e) {
                break;
            } catch (IOException e) {
                if (selector.isOpen()) {
                    LOG.warn("piece server: accept failed: {}", e.toString());
                    pause();
                }
            }
        }
        silent.keySet().forEach(RequestGate::drop);
        dropAnswered();
    }

    /** Waits for one more request of a child that was answered. */
    void again(SocketChannel child) {
        answered.add(child);
        selector.wakeup();
        if (!selector.isOpen()) {
            dropAnswered();
        }
    }

    private void dropAnswered() {
        for (SocketChannel child = answered.poll(); child != null; child = answered.poll()) {
            drop(child);
        }
    }

    private void readAgain() {
        for (SocketChannel child = answered.poll(); child != null; child = answered.poll()) {
            try {
                child.configureBlocking(false);
                silent.put(child.register(selector, SelectionKey.OP_READ), new Waiting());
            } catch (IOException e) {
                LOG.debug("piece server: {} went away: {}", child, e.toString());
                drop(child);
            }
        }
    }

    private void turn() throws IOException {
        readAgain();
        var arrived = new ArrayList<Arrived>();
        List<SelectionKey> ready = List.copyOf(selector.selectedKeys());
        selector.selectedKeys().clear();
        for (SelectionKey key : ready) {
            if (key.isValid() && key.isReadable()) {
                read(key, arrived);
            }
        }
        if (!arrived.isEmpty()) {
            // Ends the registrations, before other threads use the channels.
            selector.selectNow();
            for (Arrived each : arrived) {
                each.child().configureBlocking(true);
                requests.take(each.child(), each.request());
            }
        }
        cutSilent();
        acceptAll();
    }

    private void acceptAll() throws IOException {
        for (SocketChannel child = server.accept(); child != null; child = server.accept()) {
            child.configureBlocking(false);
            silent.put(child.register(selector, SelectionKey.OP_READ), new Waiting());
            if (silent.size() > MOST_SILENT) {
                Iterator<SelectionKey> oldest = silent.keySet().iterator();
                drop(oldest.next());
                oldest.remove();
            }
        }
    }

    private void read(SelectionKey key, List<Arrived> arrived) {
        Waiting waiting = silent.get(key);
        if (waiting == null || !(key.channel() instanceof SocketChannel child)) {
            return;
        }
        try {
            if (child.read(waiting.request) < 0) {
                throw new EOFException("request ends after " + waiting.request.position());
            }
            if (waiting.request.position() < VortexHeader.SIZE) {
                return;
            }
            VortexHeader header = header(waiting.request);
            if (!waiting.request.hasRemaining()) {
                ByteBuffer value =
                        waiting.request.flip().slice(VortexHeader.SIZE, PieceRequest.VALUE_SIZE);
                arrived.add(new Arrived(child, PieceRequest.decode(header, value)));
                silent.remove(key);
                key.cancel();
            }
        } catch (IOException e) {
            LOG.debug("piece server: {} sent no request: {}", child, e.toString());
            silent.remove(key);
            drop(key);
        }
    }

    /** Refuses what no request begins with before the rest of it is here. */
    private static VortexHeader header(ByteBuffer request) throws VortexException {
        VortexHeader header = VortexHeader.read(request.duplicate().flip());
        switch (header.tag()) {
            case DOWNLOAD_PIECE,
                    DOWNLOAD_PIECE_AND_STAY,
                    DOWNLOAD_PERSISTENT_PIECE,
                    DOWNLOAD_PERSISTENT_CACHE_PIECE -> {
                // Of one shape.
            }
            default ->
                    throw new VortexException("tag " + header.tag() + " where a request belongs");
        }
        if (header.length() != PieceRequest.VALUE_SIZE) {
            throw new VortexException("request of " + header.length() + " bytes");
        }
        return header;
    }

    private void cutSilent() {
        long now = System.nanoTime();
        Iterator<Map.Entry<SelectionKey, Waiting>> oldest = silent.entrySet().iterator();
        while (oldest.hasNext()) {
            Map.Entry<SelectionKey, Waiting> entry = oldest.next();
            if (now - entry.getValue().since < PATIENCE.toNanos()) {
                return;
            }
            drop(entry.getKey());
            oldest.remove();
        }
    }

    private static void drop(SelectionKey key) {
        drop(key.channel());
    }

    private static void drop(Channel child) {
        try {
            child.close();
        } catch (IOException e) {
            LOG.debug("closing {}: {}", child, e.toString());
        }
    }

    private static void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(50);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        selector.close();
    }
}
