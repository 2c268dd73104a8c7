package dev.naiad.fuse;

/**
 * What a file system says about an opened file or directory. Valid until the method it was given to
 * returns.
 */
public final class OpenOut {
    private int flags;
    private long handle;

    /** An object outside a request is as good as one inside. */
    public OpenOut() {}

    void reset() {
        flags = 0;
        handle = 0;
    }

    /**
     * Pages (or, for a directory, entries) that the kernel holds from an earlier open stay valid.
     */
    public OpenOut keepCache() {
        flags |= FuseWire.FOPEN_KEEP_CACHE;
        return this;
    }

    /** The kernel may keep this directory's listing. */
    public OpenOut cacheDirectory() {
        flags |= FuseWire.FOPEN_CACHE_DIR;
        return this;
    }

    /** Closing needs no FLUSH. */
    public OpenOut noFlush() {
        flags |= FuseWire.FOPEN_NOFLUSH;
        return this;
    }

    /**
     * Any number; comes back with each call on the opened file. A server that survives itself must
     * not depend on it.
     */
    public OpenOut handle(long value) {
        handle = value;
        return this;
    }

    int flags() {
        return flags;
    }

    long handle() {
        return handle;
    }
}
