package dev.naiad.codec.stream;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.block.GzipHeader;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Decompresses a stretch of a gzip stream that begins at a deflate block somewhere inside it. Its
 * checksum is ignored, since it covers more than the stretch. Memory is bounded, whatever the data;
 * reused, for one thread.
 */
public final class ContextInflater {
    private static final int BUFFER = 64 << 10;
    private static final int TRAILER = 8;
    private static final int MAX_HEADER = 64 << 10;

    /** The most that data can refer back to. */
    public static final int MAX_WINDOW = 32 << 10;

    private final byte[] buffer = new byte[BUFFER + Inflate.PADDING];
    private final Inflate inflate = new Inflate(buffer);

    /**
     * Fills {@code plain}; members that follow each other are passed through.
     *
     * @param stored the compressed bytes, from the first whole byte of the block; more than are
     *     needed is not an error
     * @param previousByte holds the {@code pendingBits} (0 to 7) bits of the block that precede
     *     {@code stored}, as its highest bits
     * @param window what came out before, at most 32 KiB
     * @param what for errors
     * @throws CorruptFormatException if it is not deflate data, or ends too early
     */
    public void inflate(
            MemorySegment stored,
            int previousByte,
            int pendingBits,
            MemorySegment window,
            MemorySegment plain,
            String what) {
        if (pendingBits < 0 || pendingBits > 7 || window.byteSize() > MAX_WINDOW) {
            throw new CorruptFormatException(
                    what,
                    0,
                    "at most 7 pending bits and a window of 32 KiB",
                    pendingBits + " and " + window.byteSize());
        }
        inflate.resume(previousByte, pendingBits, window);
        long at = 0;
        long done = 0;
        while (done < plain.byteSize()) {
            int length = (int) Math.min(BUFFER, stored.byteSize() - at);
            MemorySegment.copy(stored, ValueLayout.JAVA_BYTE, at, buffer, 0, length);
            inflate.input(0, length, at + length == stored.byteSize());
            InflateStop stop;
            try {
                stop = inflate.run((int) Math.min(Integer.MAX_VALUE, plain.byteSize() - done));
            } catch (DeflateDataException e) {
                throw new CorruptFormatException(
                        what,
                        at + Math.min(length, inflate.inputPosition()),
                        "deflate data for " + (plain.byteSize() - done) + " more bytes",
                        String.valueOf(e.getMessage()));
            }
            int n = inflate.out.end - inflate.out.start;
            MemorySegment.copy(
                    inflate.out.bytes, inflate.out.start, plain, ValueLayout.JAVA_BYTE, done, n);
            done += n;
            at += inflate.inputPosition();
            if (stop == InflateStop.END && done < plain.byteSize()) {
                at = nextMember(stored, at, what);
            }
        }
    }

    private long nextMember(MemorySegment stored, long end, String what) {
        long at = end + TRAILER;
        if (at >= stored.byteSize()) {
            throw new CorruptFormatException(what, end, "another gzip member", "the end");
        }
        long most = Math.min(MAX_HEADER, stored.byteSize() - at);
        inflate.reset();
        return at + GzipHeader.length(stored.asSlice(at, most), what);
    }
}
