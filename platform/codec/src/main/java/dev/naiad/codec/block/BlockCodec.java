package dev.naiad.codec.block;

import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Compresses and decompresses single blocks. Instances are safe for use by many threads: native
 * contexts are pooled, so that nothing large is made per call. Calls are short and pure CPU; memory
 * is borrowed for the call. Segments may be on the heap or native. {@code BlockCodecs} makes them.
 */
public interface BlockCodec {
    /** The algorithm. */
    Compression compression();

    /** No block of {@code size} bytes becomes longer than this. */
    int maxCompressedSize(int size);

    /**
     * Compresses {@code source} to the start of {@code target}.
     *
     * @return the number of bytes written
     * @throws dev.naiad.base.error.NaiadException OUT_OF_RANGE if they do not fit
     */
    int compress(MemorySegment source, MemorySegment target);

    /**
     * The same from {@code [at, at + length)} of a direct buffer to a direct buffer from {@code to}
     * on, without views: for many small blocks of a few large buffers. Neither position nor limit
     * changes.
     */
    default int compress(ByteBuffer source, int at, int length, ByteBuffer target, int to) {
        return compress(
                MemorySegment.ofBuffer(source.slice(at, length)),
                MemorySegment.ofBuffer(target.slice(to, target.limit() - to)));
    }

    /**
     * Decompresses all of {@code source} to the start of {@code target} and touches nothing behind
     * the last byte written.
     *
     * @param what names the block in errors
     * @return the number of bytes written
     * @throws CorruptFormatException if the source is malformed, truncated, followed by something,
     *     or would not fit
     */
    int decompress(MemorySegment source, MemorySegment target, String what);

    /**
     * {@link #decompress} of a block whose size is known: fills {@code target}, and anything else
     * is corrupt.
     */
    default void decompressExactly(MemorySegment source, MemorySegment target, String what) {
        int n = decompress(source, target, what);
        if (n != target.byteSize()) {
            throw new CorruptFormatException(
                    what,
                    source.byteSize(),
                    target.byteSize() + " uncompressed bytes",
                    n + " bytes");
        }
    }

    /** The compressed block in an array of its own. */
    default byte[] compress(byte[] source) {
        var target = MemorySegment.ofArray(new byte[maxCompressedSize(source.length)]);
        return target.asSlice(0, compress(MemorySegment.ofArray(source), target))
                .toArray(ValueLayout.JAVA_BYTE);
    }

    /** The block of exactly {@code size} bytes. */
    default byte[] decompress(byte[] source, int size, String what) {
        var target = new byte[size];
        decompressExactly(MemorySegment.ofArray(source), MemorySegment.ofArray(target), what);
        return target;
    }
}
