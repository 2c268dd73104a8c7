package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
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

    private static final int MAX_BACKGROUND = 65535;
    private static final int CONGESTION_THRESHOLD = 49149;
    private static final int MAX_WRITE = 4096;
    private static final int MAX_PAGES = FuseWorker.OUT_BYTES / 4096;
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);

    private final FuseConnection connection;
    private final FuseFileSystem fs;
    private final FuseOptions options;
    private final InstantSource clock;
    private final Runnable whenEnded;
    private final WakeSignal wake;
    private final InterruptWatch interrupts = new InterruptWatch("fuse");
    private final ConcurrentHashMap<Long, ParkedRead> parked = new ConcurrentHashMap<>();
    private final CountDownLatch initialized = new CountDownLatch(1);
    private final AtomicBoolean ended = new AtomicBoolean();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong interruptions = new AtomicLong();
    private final List<FuseWorker> workers = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new ArrayList<>(); // written by start

    /** Read-locked while a parked read is answered, write-locked to end that. */
    private final ReentrantReadWriteLock replying = new ReentrantReadWriteLock();

    @GuardedBy("replying") private boolean closed;

    private volatile @Nullable FuseSession session;
    private volatile boolean stopping;

    /** A request being served, for reports. */
    public record Busy(long node, int opcode, long unique, long sinceMillis) {}

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
        this.session = session.orElse(null);
        this.clock = clock;
        this.whenEnded = whenEnded;
        this.wake = WakeSignal.install();
        if (session.isPresent()) {
            initialized.countDown();
        }
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
            var worker = new FuseWorker(this, fs, fd(), arena);
            workers.add(worker);
            worker.run();
        } catch (Throwable t) {
            failed("a worker ended: " + t);
        }
    }

    /**
     * Waits for the kernel's first message.
     *
     * @throws NaiadException DEADLINE_EXCEEDED
     */
    public void awaitInit(Duration limit) throws InterruptedException {
        if (!initialized.await(limit.toMillis(), TimeUnit.MILLISECONDS)) {
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
        return Optional.ofNullable(session);
    }

    /** Requests that a worker is at or that are parked. */
    public List<Busy> inflight() {
        var all = new ArrayList<Busy>();
        for (var worker : workers) {
            var busy = worker.busy();
            if (busy != null) {
                all.add(busy);
            }
        }
        for (var read : parked.values()) {
            all.add(new Busy(read.node(), Wire.READ, read.unique(), read.sinceMillis()));
        }
        return all;
    }

    /** Asks the kernel to send again what a dead server took and never answered. */
    public void resend() {
        notify(Wire.NOTIFY_RESEND, MemorySegment.NULL);
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
            notify(Wire.NOTIFY_INVAL_ENTRY, body);
        }
    }

    private void notify(int code, MemorySegment body) {
        try (var arena = Arena.ofConfined()) {
            long result = new ReplyWriter(fd(), arena, 1).notification(code, body);
            if (result < 0 && !ReplyWriter.isNobodyWaiting(result)) {
                throw new NaiadException(
                        ErrorKind.INTERNAL, "fuse notification " + code + ": errno " + -result);
            }
        }
    }

    /** Ends the workers; what is parked stays unanswered. Idempotent. */
    public void stop() {
        stopping = true;
        interrupts.close();
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
        replying.writeLock().lock();
        try {
            closed = true;
        } finally {
            replying.writeLock().unlock();
        }
    }

    // What workers and replies need.

    int fd() {
        return connection.fd();
    }

    boolean isStopping() {
        return stopping;
    }

    boolean isNoOpen() {
        var now = session;
        return now != null && now.noOpen();
    }

    long nowMillis() {
        return clock.millis();
    }

    ParkedRead park(long unique, long node, long offset, int size, int pid) {
        var read = new ParkedRead(this, unique, node, offset, size, pid, nowMillis());
        parked.put(unique, read);
        return read;
    }

    /** Writes the answer of a parked read, unless the descriptor may be gone. */
    void reply(ParkedRead read, int maxParts, ToLongFunction<ReplyWriter> answer) {
        parked.remove(read.unique(), read);
        interrupts.remove(read);
        replying.readLock().lock();
        try (var arena = Arena.ofConfined()) {
            if (!closed) {
                var writer = new ReplyWriter(fd(), arena, maxParts);
                written(answer.applyAsLong(writer), writer, read.unique());
            }
        } finally {
            replying.readLock().unlock();
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

    /** Looks at the result of writing a reply. */
    void written(long result, ReplyWriter writer, long unique) {
        if (result >= 0 || ReplyWriter.isNobodyWaiting(result)) {
            return;
        }
        if (countFailure()) {
            LOG.warn(
                    "reply {} is refused with errno {}: the request fails ({} failures)",
                    Long.toUnsignedString(unique),
                    -result,
                    failures.get());
        }
        // EFAULT: a cache file shrank under its mapping. The kernel still waits for an answer.
        long _ = writer.error(unique, FuseResult.EIO);
    }

    void requestFailed(int opcode, long node, Throwable cause) {
        if (!(cause instanceof NaiadException) || countFailure()) {
            LOG.warn(
                    "request {} of node {} fails ({} failures)",
                    opcode,
                    Long.toHexString(node),
                    failures.get(),
                    cause);
        }
    }

    /** Repeated failures are counted, not repeated: true for the 1st, 2nd, 4th, 8th, … */
    private boolean countFailure() {
        return Long.bitCount(failures.incrementAndGet()) == 1;
    }

    /** The mount is gone; said by each worker. */
    void unmounted() {
        if (!stopping && ended.compareAndSet(false, true)) {
            LOG.info("fuse server exits: {} was unmounted", connection.mountpoint());
            whenEnded.run();
        }
    }

    void failed(String what) {
        if (!stopping && ended.compareAndSet(false, true)) {
            LOG.error("fuse server of {} ends: {}", connection.mountpoint(), what);
            whenEnded.run();
        }
    }

    /**
     * Reads INIT and writes its answer.
     *
     * @return its length, or -1 if the kernel is too old
     */
    int negotiate(MemorySegment in, MemorySegment out) {
        int major = in.get(JAVA_INT, 40);
        int minor = in.get(JAVA_INT, 44);
        if (major < Wire.MAJOR || (major == Wire.MAJOR && minor < 28)) {
            LOG.error(
                    "FUSE {}.{} of the kernel is too old: 7.28 (Linux 4.20) is needed",
                    major,
                    minor);
            return -1;
        }
        long low = Integer.toUnsignedLong(in.get(JAVA_INT, 52));
        boolean extended = (low & Wire.INIT_EXT) != 0;
        long offered = low | (extended ? ((long) in.get(JAVA_INT, 56)) << 32 : 0);
        long flags = offered & wanted();
        out.asSlice(0, Wire.INIT_OUT).fill((byte) 0);
        out.set(JAVA_INT, 0, Wire.MAJOR);
        out.set(JAVA_INT, 4, Math.min(minor, Wire.MINOR));
        out.set(JAVA_INT, 8, Math.min(in.get(JAVA_INT, 48), options.maxReadahead()));
        out.set(JAVA_INT, 12, (int) flags);
        out.set(JAVA_SHORT, 16, (short) MAX_BACKGROUND);
        out.set(JAVA_SHORT, 18, (short) CONGESTION_THRESHOLD);
        out.set(JAVA_INT, 20, MAX_WRITE);
        out.set(JAVA_INT, 24, 1); // time granularity in ns
        out.set(JAVA_SHORT, 28, (short) MAX_PAGES);
        out.set(JAVA_INT, 32, (int) (flags >>> 32));
        boolean noOpen = options.noOpen() && (flags & Wire.NO_OPEN_SUPPORT) != 0;
        session = new FuseSession(Math.min(minor, Wire.MINOR), flags, noOpen);
        LOG.info("FUSE INIT major {} minor {}", major, minor);
        LOG.info("in_opts: {} out_opts: {}", Long.toHexString(offered), Long.toHexString(flags));
        return Wire.INIT_OUT;
    }

    void negotiated() {
        initialized.countDown();
    }

    private long wanted() {
        // Not AUTO_INVAL_DATA: images do not change, and it makes the kernel look at attributes
        // for each read from its cache. Not NO_OPENDIR: listings must be able to change. Not
        // ASYNC_DIO: a direct reader would wait uninterruptibly, even when it is killed.
        return Wire.ASYNC_READ
                | Wire.BIG_WRITES
                | Wire.DO_READDIRPLUS
                | Wire.READDIRPLUS_AUTO
                | (options.noOpen() ? Wire.NO_OPEN_SUPPORT : 0)
                | Wire.PARALLEL_DIROPS
                | Wire.ABORT_ERROR
                | Wire.MAX_PAGES
                | Wire.CACHE_SYMLINKS
                | Wire.EXPLICIT_INVAL_DATA
                | Wire.INIT_EXT
                | Wire.HAS_RESEND;
    }
}
