package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * A name as the kernel sent it: bytes of no particular encoding, without NUL. One object serves all
 * requests of a worker: it is valid until the method it was given to returns.
 */
public final class FuseName {
    private final MemorySegment buffer;
    private long offset;
    private int length;

    FuseName(MemorySegment buffer) {
        this.buffer = buffer;
    }

    /** A name outside a request, for tests of file systems. */
    public static FuseName of(byte[] bytes) {
        var name = new FuseName(MemorySegment.ofArray(bytes.clone()));
        name.length = bytes.length;
        return name;
    }

    /**
     * Takes the bytes from {@code start} up to the NUL before {@code end}; false if there is none.
     */
    boolean set(long start, long end) {
        for (long i = start; i < end; i++) {
            if (buffer.get(JAVA_BYTE, i) == 0) {
                offset = start;
                length = (int) (i - start);
                return true;
            }
        }
        return false;
    }

    public int length() {
        return length;
    }

    /** A view, as short-lived as this object's content. */
    public MemorySegment segment() {
        return buffer.asSlice(offset, length);
    }

    public byte[] toBytes() {
        return segment().toArray(JAVA_BYTE);
    }

    public boolean contentEquals(byte[] other) {
        if (other.length != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (buffer.get(JAVA_BYTE, offset + i) != other[i]) {
                return false;
            }
        }
        return true;
    }

    /** For logs. */
    @Override
    public String toString() {
        return new String(toBytes(), StandardCharsets.ISO_8859_1);
    }
}
