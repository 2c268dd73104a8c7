package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;

/**
 * Where a file system appends the bytes of a link target, of an attribute or of a list of attribute
 * names. The worker answers size probes and ERANGE by itself. Valid until the method it was given
 * to returns.
 */
public final class DataOut {
    private final MemorySegment out;
    private final long start;
    private final int capacity;
    private int length;
    private boolean overflow;

    DataOut(MemorySegment out, long start, int capacity) {
        this.out = out;
        this.start = start;
        this.capacity = capacity;
    }

    /** An object outside a request, for tests of file systems. */
    public static DataOut detached(int capacity) {
        return new DataOut(MemorySegment.ofArray(new byte[capacity]), 0, capacity);
    }

    void reset() {
        length = 0;
        overflow = false;
    }

    public DataOut append(byte[] bytes) {
        if (bytes.length > capacity - length) {
            overflow = true;
            return this;
        }
        MemorySegment.copy(bytes, 0, out, JAVA_BYTE, start + length, bytes.length);
        length += bytes.length;
        return this;
    }

    public DataOut append(byte value) {
        if (length == capacity) {
            overflow = true;
            return this;
        }
        out.set(JAVA_BYTE, start + length, value);
        length++;
        return this;
    }

    /** True if more was appended than the protocol can carry. */
    boolean overflow() {
        return overflow;
    }

    public int length() {
        return length;
    }

    public byte[] toBytes() {
        return out.asSlice(start, length).toArray(JAVA_BYTE);
    }
}
