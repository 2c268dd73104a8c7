package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.linux.raw.WakeSignal;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves a {@link FuseFileSystem} on a {@link FuseConnection} with a few platform threads that
 * share its descriptor. A worker answers what is at hand by itself and parks what has to wait, so
 * that a slow read delays nobody else.
 *
 * <p>{@link #stop} leaves the connection as it is: requests queue in the kernel until somebody
 * serves it again or it is unmounted. All methods are safe for concurrent use.
 */
public final class FuseServer implements Startable, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FuseServer.class);

    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final FuseConnection connection;
    private final FuseFileSystem fs;
    private final FuseOptions options;
    private final InstantSource clock;
    private final WakeSignal wake;
    private final Handshake handshake;
    private final ServingEnd ending;
    private final RequestFailures failures = new RequestFailures();
    private final ParkedReads parked;
    private final List<FuseWorker> workers = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>(); // written by start

    /**
     * @param session what an earlier server negotiated on this connection; empty for a fresh mount
     * @param whenEnded called once from a worker when the mount was taken away from outside or
     *     serving failed; must not block
     */
    public FuseServer(
            FuseConnection connection,
            FuseFileSystem fs,
            FuseOptions options,
            Optional<FuseSession> session,
            InstantSource clock,
            Runnable whenEnded) {
        this.connection = connection;
        this.fs = fs;
        this.options = options;
        this.clock = clock;
        this.wake = WakeSignal.install();
        this.handshake = new Handshake(options, session);
        this.ending = new ServingEnd(connection.mountpoint(), whenEnded);
        this.parked = new ParkedReads(connection, failures, clock);
    }

    /** Starts the workers; {@link #awaitInit} tells when the kernel has been answered. */
    @Override
    public void start() {
        for (int i = 0; i < options.threads(); i++) {
            threads.add(Thread.ofPlatform().name("fuse-" + i).daemon().unstarted(this::serve));
        }
        threads.forEach(Thread::start);
    }

    private void serve() {
        try (var arena = Arena.ofConfined()) {
            var worker =
                    new FuseWorker(
                            connection, fs, handshake, parked, failures, ending, clock, arena);
            workers.add(worker);
            worker.run();
        } catch (Throwable t) {
            ending.failed("a worker ended: " + t);
        }
    }

    /**
     * Waits for the kernel's first message.
     *
     * @throws NaiadException DEADLINE_EXCEEDED
     */
    public void awaitInit(Duration limit) throws InterruptedException {
        if (!handshake.await(limit)) {
            throw new NaiadException(
                    ErrorKind.DEADLINE_EXCEEDED,
                    "the kernel did not greet the mount "
                            + connection.mountpoint()
                            + " in "
                            + limit);
        }
    }

    /** What was negotiated; empty before the kernel's first message. */
    public Optional<FuseSession> session() {
        return handshake.session();
    }

    /** Requests that a worker is at or that are parked. */
    public List<BusyRequest> inflight() {
        var all = new ArrayList<BusyRequest>();
        for (var worker : workers) {
            var busy = worker.busy();
            if (busy != null) {
                all.add(busy);
            }
        }
        parked.addTo(all);
        return all;
    }

    /** Asks the kernel to send again what a dead server took and never answered. */
    public void resend() {
        notify(FuseWire.NOTIFY_RESEND, MemorySegment.NULL);
    }

    /**
     * The kernel forgets that name and what lies below, and the attributes of the directory. Not to
     * be called by a worker: the kernel may have to wait for answers of this server.
     */
    public void invalidateEntry(long parent, byte[] name) {
        try (var arena = Arena.ofConfined()) {
            var body = arena.allocate(16L + name.length + 1, 8);
            body.set(JAVA_LONG, 0, parent);
            body.set(JAVA_INT, 8, name.length);
            MemorySegment.copy(name, 0, body, JAVA_BYTE, 16, name.length);
            notify(FuseWire.NOTIFY_INVAL_ENTRY, body);
        }
    }

    private void notify(int code, MemorySegment body) {
        try (var arena = Arena.ofConfined()) {
            long result = new ReplyWriter(connection.fd(), arena, 1).notification(code, body);
            if (result < 0 && !ReplyWriter.isNobodyWaiting(result)) {
                throw new NaiadException(
                        ErrorKind.INTERNAL, "fuse notification " + code + ": errno " + -result);
            }
        }
    }

    /** Ends the workers; what is parked stays unanswered. Idempotent. */
    public void stop() {
        ending.stop();
        parked.stopWatching();
        long deadline = System.nanoTime() + STOP_LIMIT.toNanos();
        boolean interrupted = false;
        for (var thread : threads) {
            // Again and again: the signal may come just before the worker goes to read.
            while (thread.isAlive() && System.nanoTime() < deadline) {
                workers.forEach(worker -> wake.wake(worker.threadId()));
                try {
                    thread.join(Duration.ofMillis(5));
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
            if (thread.isAlive()) {
                LOG.warn("{} does not stop: it is stuck in a request", thread.getName());
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * As {@link #stop}; besides, answers of parked reads are dropped from now on, so that the
     * descriptor may be closed.
     */
    @Override
    public void close() {
        stop();
        parked.close();
    }

    /** How often the kernel reported a signal of a waiting reader. */
    long interrupted() {
        return parked.interrupted();
    }
}
