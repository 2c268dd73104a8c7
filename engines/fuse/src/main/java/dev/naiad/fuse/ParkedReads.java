package dev.naiad.fuse;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.lang.foreign.Arena;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.ToLongFunction;

/**
 * The reads of a server that wait for an answer from another thread. Safe for use by many threads.
 */
final class ParkedReads implements AutoCloseable {
    private final FuseConnection connection;
    private final RequestFailures failures;
    private final InstantSource clock;
    private final InterruptWatch interrupts = new InterruptWatch("fuse");
    private final ConcurrentHashMap<Long, ParkedRead> parked = new ConcurrentHashMap<>();
    private final ParkedRead.Answers answers = this::reply;
    private final AtomicLong interruptions = new AtomicLong();

    /** Read-locked while a parked read is answered, write-locked to end that. */
    private final ReentrantReadWriteLock replying = new ReentrantReadWriteLock();

    @GuardedBy("replying") private boolean closed;

    ParkedReads(FuseConnection connection, RequestFailures failures, InstantSource clock) {
        this.connection = connection;
        this.failures = failures;
        this.clock = clock;
    }

    ParkedRead park(long unique, long node, long offset, int size, int pid) {
        var read = new ParkedRead(answers, unique, node, offset, size, pid, clock.millis());
        parked.put(unique, read);
        return read;
    }

    /** Writes the answer of a parked read, unless the descriptor may be gone. */
    private void reply(ParkedRead read, int maxParts, ToLongFunction<ReplyWriter> answer) {
        parked.remove(read.unique(), read);
        interrupts.remove(read);
        replying.readLock().lock();
        try (var arena = Arena.ofConfined()) {
            if (!closed) {
                var writer = new ReplyWriter(connection.fd(), arena, maxParts);
                failures.written(answer.applyAsLong(writer), writer, read.unique());
            }
        } finally {
            replying.readLock().unlock();
        }
    }

    /** Adds what is parked now. */
    void addTo(List<BusyRequest> all) {
        for (var read : parked.values()) {
            all.add(new BusyRequest(read.node(), FuseWire.READ, read.unique(), read.sinceMillis()));
        }
    }

    /** How often the kernel reported a signal of a waiting reader. */
    long interrupted() {
        return interruptions.get();
    }

    /** False if nothing with that number is parked. */
    boolean interrupt(long unique) {
        var read = parked.get(unique);
        if (read == null) {
            return false;
        }
        interrupts.add(read);
        interruptions.incrementAndGet();
        return true;
    }

    /** Readers that are killed from now on keep waiting for their answers. */
    void stopWatching() {
        interrupts.close();
    }

    /** Answers that come from now on are dropped; none is being written when this returns. */
    @Override
    public void close() {
        stopWatching();
        replying.writeLock().lock();
        try {
            closed = true;
        } finally {
            replying.writeLock().unlock();
        }
    }
}
