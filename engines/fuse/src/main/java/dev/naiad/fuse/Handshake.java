package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What kernel and server agree on at the first message. Safe for use by many threads. */
final class Handshake {
    private static final Logger LOG = LoggerFactory.getLogger(Handshake.class);

    private static final int MAX_BACKGROUND = 65535;
    private static final int CONGESTION_THRESHOLD = 49149;
    private static final int MAX_WRITE = 4096;

    /** The largest read that the kernel is told it may ask for. */
    static final int MAX_READ = 1 << 20;

    private static final int MAX_PAGES = MAX_READ / 4096;

    private final FuseOptions options;
    private final CountDownLatch done = new CountDownLatch(1);
    private volatile @Nullable FuseSession session;

    /**
     * @param session what an earlier server negotiated; empty for a fresh mount
     */
    Handshake(FuseOptions options, Optional<FuseSession> session) {
        this.options = options;
        this.session = session.orElse(null);
        if (session.isPresent()) {
            done.countDown();
        }
    }

    /** What was negotiated; empty before the kernel's first message. */
    Optional<FuseSession> session() {
        return Optional.ofNullable(session);
    }

    boolean isNoOpen() {
        var now = session;
        return now != null && now.noOpen();
    }

    /** Waits until the kernel was answered. Returns false if that takes longer. */
    boolean await(Duration limit) throws InterruptedException {
        return done.await(limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    /**
     * Reads INIT and writes its answer.
     *
     * @return its length, or -1 if the kernel is too old
     */
    int negotiate(MemorySegment in, MemorySegment out) {
        int major = in.get(JAVA_INT, 40);
        int minor = in.get(JAVA_INT, 44);
        if (major < FuseWire.MAJOR || (major == FuseWire.MAJOR && minor < 28)) {
            LOG.error(
                    "FUSE {}.{} of the kernel is too old: 7.28 (Linux 4.20) is needed",
                    major,
                    minor);
            return -1;
        }
        long low = Integer.toUnsignedLong(in.get(JAVA_INT, 52));
        boolean extended = (low & FuseWire.INIT_EXT) != 0;
        long offered = low | (extended ? ((long) in.get(JAVA_INT, 56)) << 32 : 0);
        long flags = offered & wanted();
        out.asSlice(0, FuseWire.INIT_OUT).fill((byte) 0);
        out.set(JAVA_INT, 0, FuseWire.MAJOR);
        out.set(JAVA_INT, 4, Math.min(minor, FuseWire.MINOR));
        out.set(JAVA_INT, 8, Math.min(in.get(JAVA_INT, 48), options.maxReadahead()));
        out.set(JAVA_INT, 12, (int) flags);
        out.set(JAVA_SHORT, 16, (short) MAX_BACKGROUND);
        out.set(JAVA_SHORT, 18, (short) CONGESTION_THRESHOLD);
        out.set(JAVA_INT, 20, MAX_WRITE);
        out.set(JAVA_INT, 24, 1); // time granularity in ns
        out.set(JAVA_SHORT, 28, (short) MAX_PAGES);
        out.set(JAVA_INT, 32, (int) (flags >>> 32));
        boolean noOpen = options.noOpen() && (flags & FuseWire.NO_OPEN_SUPPORT) != 0;
        session = new FuseSession(Math.min(minor, FuseWire.MINOR), flags, noOpen);
        LOG.info("FUSE INIT major {} minor {}", major, minor);
        LOG.info("in_opts: {} out_opts: {}", Long.toHexString(offered), Long.toHexString(flags));
        return FuseWire.INIT_OUT;
    }

    /** The answer is written. */
    void negotiated() {
        done.countDown();
    }

    private long wanted() {
        // Not AUTO_INVAL_DATA: images do not change, and it makes the kernel look at attributes
        // for each read from its cache. Not NO_OPENDIR: listings must be able to change. Not
        // ASYNC_DIO: a direct reader would wait uninterruptibly, even when it is killed.
        return FuseWire.ASYNC_READ
                | FuseWire.BIG_WRITES
                | FuseWire.DO_READDIRPLUS
                | FuseWire.READDIRPLUS_AUTO
                | (options.noOpen() ? FuseWire.NO_OPEN_SUPPORT : 0)
                | FuseWire.PARALLEL_DIROPS
                | FuseWire.ABORT_ERROR
                | FuseWire.MAX_PAGES
                | FuseWire.CACHE_SYMLINKS
                | FuseWire.EXPLICIT_INVAL_DATA
                | FuseWire.INIT_EXT
                | FuseWire.HAS_RESEND;
    }
}
