package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/**
 * Where a file system writes the attributes of a node ({@code struct fuse_attr}, 88 bytes; with
 * {@link #timeout} also how long the kernel may believe them). All fields begin as 0. Valid until
 * the method it was given to returns.
 */
public final class AttrOut {
    private static final int INO = 0;
    private static final int SIZE = 8;
    private static final int BLOCKS = 16;
    private static final int ATIME = 24;
    private static final int MTIME = 32;
    private static final int CTIME = 40;
    private static final int ATIME_NANOS = 48;
    private static final int MTIME_NANOS = 52;
    private static final int CTIME_NANOS = 56;
    private static final int MODE = 60;
    private static final int NLINK = 64;
    private static final int UID = 68;
    private static final int GID = 72;
    private static final int RDEV = 76;
    private static final int BLKSIZE = 80;

    private final MemorySegment out;
    private long at;
    private long timeoutAt;

    AttrOut(MemorySegment out) {
        this.out = out;
    }

    /** An object outside a request, for tests of file systems. */
    public static AttrOut detached() {
        var attr = new AttrOut(MemorySegment.ofArray(new long[FuseWire.ATTR_OUT / 8]));
        attr.place(FuseWire.ATTR_OUT_ATTR, 0);
        return attr;
    }

    void place(long attrOffset, long timeoutOffset) {
        this.at = attrOffset;
        this.timeoutAt = timeoutOffset;
    }

    /** Seconds for which the kernel may answer stat from memory. */
    public AttrOut timeout(long seconds) {
        out.set(JAVA_LONG_UNALIGNED, timeoutAt, seconds);
        return this;
    }

    /** What users see as {@code st_ino}. */
    public AttrOut ino(long ino) {
        out.set(JAVA_LONG_UNALIGNED, at + INO, ino);
        return this;
    }

    /** Type bits and permissions, as {@code st_mode}. */
    public AttrOut mode(int mode) {
        out.set(JAVA_INT_UNALIGNED, at + MODE, mode);
        return this;
    }

    public AttrOut size(long bytes) {
        out.set(JAVA_LONG_UNALIGNED, at + SIZE, bytes);
        return this;
    }

    /** In units of 512 bytes. */
    public AttrOut blocks(long blocks) {
        out.set(JAVA_LONG_UNALIGNED, at + BLOCKS, blocks);
        return this;
    }

    /** The same time for access, modification and change. */
    public AttrOut times(long seconds, int nanos) {
        out.set(JAVA_LONG_UNALIGNED, at + ATIME, seconds);
        out.set(JAVA_LONG_UNALIGNED, at + MTIME, seconds);
        out.set(JAVA_LONG_UNALIGNED, at + CTIME, seconds);
        out.set(JAVA_INT_UNALIGNED, at + ATIME_NANOS, nanos);
        out.set(JAVA_INT_UNALIGNED, at + MTIME_NANOS, nanos);
        out.set(JAVA_INT_UNALIGNED, at + CTIME_NANOS, nanos);
        return this;
    }

    public AttrOut links(long count) {
        out.set(JAVA_INT_UNALIGNED, at + NLINK, (int) Math.min(count, Integer.MAX_VALUE));
        return this;
    }

    /** Unsigned 32-bit numbers. */
    public AttrOut owner(long uid, long gid) {
        out.set(JAVA_INT_UNALIGNED, at + UID, (int) uid);
        out.set(JAVA_INT_UNALIGNED, at + GID, (int) gid);
        return this;
    }

    /** Device number in the kernel's 32-bit encoding. */
    public AttrOut device(long rdev) {
        out.set(JAVA_INT_UNALIGNED, at + RDEV, (int) rdev);
        return this;
    }

    public AttrOut blockSize(int bytes) {
        out.set(JAVA_INT_UNALIGNED, at + BLKSIZE, bytes);
        return this;
    }

    /** What was written, for file systems that wrap another. */
    public long ino() {
        return out.get(JAVA_LONG_UNALIGNED, at + INO);
    }

    public int mode() {
        return out.get(JAVA_INT_UNALIGNED, at + MODE);
    }

    public long size() {
        return out.get(JAVA_LONG_UNALIGNED, at + SIZE);
    }
}
