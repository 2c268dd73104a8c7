package dev.naiad.dfdaemon.piece;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Connections to the piece servers of our own peers between two requests: a new one would begin
 * slowly again. They are kept for a moment only, shorter than the server waits for a request. Safe
 * for threads.
 */
public final class VortexConnections implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VortexConnections.class);
    private static final int PER_PARENT = 4;
    private static final int MOST = 256;
    private static final Duration KEPT = Duration.ofSeconds(3);

    private record Idle(SocketChannel channel, long since) {}

    private final LongSupplier nanoTime;

    @GuardedBy("this") private final Map<InetSocketAddress, Deque<Idle>> idle = new HashMap<>();

    @GuardedBy("this") private int count;

    @GuardedBy("this") private boolean closed;

    public VortexConnections(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** A connection that was kept; the caller closes it or gives it back. */
    synchronized Optional<SocketChannel> take(InetSocketAddress parent) {
        closeOld();
        Deque<Idle> kept = idle.get(parent);
        if (kept == null) {
            return Optional.empty();
        }
        // The one used last is the fastest one.
        SocketChannel channel = kept.removeLast().channel();
        count--;
        if (kept.isEmpty()) {
            idle.remove(parent);
        }
        return Optional.of(channel);
    }

    /** A new connection. */
    SocketChannel open(InetSocketAddress parent) throws IOException {
        var channel = SocketChannel.open();
        boolean connected = false;
        try {
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
            channel.connect(parent);
            connected = true;
            return channel;
        } finally {
            if (!connected) {
                channel.close();
            }
        }
    }

    /** Keeps a connection on which the last answer was read to its end. */
    synchronized void give(InetSocketAddress parent, SocketChannel channel) {
        closeOld();
        Deque<Idle> kept = idle.computeIfAbsent(parent, any -> new ArrayDeque<>());
        if (closed || count >= MOST || kept.size() >= PER_PARENT) {
            close(channel);
            if (kept.isEmpty()) {
                idle.remove(parent);
            }
            return;
        }
        kept.addLast(new Idle(channel, nanoTime.getAsLong()));
        count++;
    }

    @GuardedBy("this") private void closeOld() {
        long now = nanoTime.getAsLong();
        Iterator<Deque<Idle>> parents = idle.values().iterator();
        while (parents.hasNext()) {
            Deque<Idle> kept = parents.next();
            while (!kept.isEmpty() && now - kept.getFirst().since() > KEPT.toNanos()) {
                close(kept.removeFirst().channel());
                count--;
            }
            if (kept.isEmpty()) {
                parents.remove();
            }
        }
    }

    static void close(SocketChannel channel) {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing {}: {}", channel, e.toString());
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        idle.values().forEach(kept -> kept.forEach(each -> close(each.channel())));
        idle.clear();
        count = 0;
    }
}
