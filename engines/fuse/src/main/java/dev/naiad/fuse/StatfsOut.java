package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import java.lang.foreign.MemorySegment;

/** Where a file system writes its figures ({@code struct fuse_kstatfs}); all begin as 0. */
public final class StatfsOut {
    private static final int FILES = 24;
    private static final int BLOCK_SIZE = 40;
    private static final int NAME_LENGTH = 44;
    private static final int FRAGMENT_SIZE = 48;

    private final MemorySegment out;
    private final long at;

    StatfsOut(MemorySegment out, long at) {
        this.out = out;
        this.at = at;
    }

    /** An object outside a request, for tests of file systems. */
    public static StatfsOut detached() {
        return new StatfsOut(MemorySegment.ofArray(new long[FuseWire.STATFS_OUT / 8]), 0);
    }

    public StatfsOut files(long count) {
        out.set(JAVA_LONG_UNALIGNED, at + FILES, count);
        return this;
    }

    public StatfsOut blockSize(int bytes) {
        out.set(JAVA_INT_UNALIGNED, at + BLOCK_SIZE, bytes);
        out.set(JAVA_INT_UNALIGNED, at + FRAGMENT_SIZE, bytes);
        return this;
    }

    public StatfsOut nameLength(int bytes) {
        out.set(JAVA_INT_UNALIGNED, at + NAME_LENGTH, bytes);
        return this;
    }
}
