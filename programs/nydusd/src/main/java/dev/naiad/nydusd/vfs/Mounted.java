package dev.naiad.nydusd.vfs;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** One slot's filesystem, its counters, and how many requests are inside it. */
final class Mounted {
    private static final long CLOSED = 1L << 62;

    private final NodeSpace space;
    private final String mountpoint;
    private final MountedFileSystem fs;
    private final FsStats stats;

    /** Requests inside, plus {@link #CLOSED} once no more may enter. */
    private final AtomicLong users = new AtomicLong();

    Mounted(NodeSpace space, String mountpoint, MountedFileSystem fs, FsStats stats) {
        this.space = space;
        this.mountpoint = mountpoint;
        this.fs = fs;
        this.stats = stats;
    }

    int index() {
        return space.index();
    }

    NodeSpace space() {
        return space;
    }

    String mountpoint() {
        return mountpoint;
    }

    MountedFileSystem fs() {
        return fs;
    }

    FsStats stats() {
        return stats;
    }

    /** False if it is being unmounted; true obliges to {@link #leave}. */
    boolean enter() {
        if (users.incrementAndGet() > CLOSED) {
            users.decrementAndGet();
            return false;
        }
        return true;
    }

    void leave() {
        users.decrementAndGet();
    }

    /**
     * Lets nobody in any more, and waits for those inside: they do not block, so this is a matter
     * of microseconds.
     */
    void drain() {
        long inside = users.addAndGet(CLOSED);
        while (inside > CLOSED) {
            LockSupport.parkNanos(100_000);
            inside = users.get();
        }
    }
}
