package dev.naiad.codec.block;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** What the codecs share. */
final class Blocks {
    private Blocks() {}

    /** The segment's bytes; it must be smaller than 2 GiB. */
    static ByteBuffer buffer(MemorySegment segment) {
        return segment.asByteBuffer();
    }

    static boolean isArray(MemorySegment segment) {
        return segment.heapBase().filter(b -> b instanceof byte[]).isPresent();
    }

    static byte[] array(MemorySegment segment) {
        return (byte[]) segment.heapBase().orElseThrow();
    }

    static NaiadException tooSmall(long room) {
        return new NaiadException(
                ErrorKind.OUT_OF_RANGE, "the compressed block does not fit in " + room + " bytes");
    }

    static CorruptFormatException corrupt(
            String what, MemorySegment source, String expected, String actual) {
        return new CorruptFormatException(
                what, -1, expected, actual + " in a block of " + source.byteSize() + " bytes");
    }
}
