package dev.naiad.base.bytes;

import java.lang.foreign.MemorySegment;

/**
 * Bytes that can be read at any offset: a file, a map, a remote blob. Safe for use by many threads.
 */
public interface ByteSource {
    /** The number of bytes. */
    long size();

    /**
     * Fills {@code target} with the bytes from {@code offset}. The target is borrowed for the call.
     *
     * @throws dev.naiad.base.error.NaiadException OUT_OF_RANGE if they are not wholly within the
     *     source; other kinds if reading fails. The target's content is then undefined
     */
    void read(long offset, MemorySegment target);

    /** Names the source in errors. */
    String name();

    /** The bytes of a segment, which must outlive the source. */
    static ByteSource of(String name, MemorySegment bytes) {
        return new SegmentSource(name, bytes);
    }

    /** A copy of {@code length} bytes from {@code offset}; for small ranges. */
    default byte[] readBytes(long offset, int length) {
        var bytes = new byte[length];
        read(offset, MemorySegment.ofArray(bytes));
        return bytes;
    }
}
