package dev.naiad.convert.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The content of a file as it passes: its pieces' sums, and where the holes of a sparse one are.
 */
final class ExpectedContent {
    /** Entries in the header of an old GNU sparse file, and in each block behind it. */
    static final int IN_HEADER = 4;

    static final int IN_BLOCK = 21;

    /** Where a block behind the header says that another one follows. */
    static final int MORE_BLOCKS = 504;

    private static final int ENTRY_BYTES = 24;

    private final PieceSums sums;
    private long size;
    private long[] extents = new long[8]; // offset and length in turns
    private int count;
    private int extent;
    private long inExtent;

    ExpectedContent(int pieceSize) {
        this.sums = new PieceSums(pieceSize);
    }

    /** Begins a file of which nothing is known to be stored. */
    void begin(long fileSize) {
        sums.begin(fileSize);
        size = fileSize;
        count = 0;
        extent = 0;
        inExtent = 0;
    }

    /** With its holes. */
    long size() {
        return size;
    }

    void extent(long offset, long length) {
        if (count == extents.length) {
            extents = Arrays.copyOf(extents, 2 * count);
        }
        extents[count++] = offset;
        extents[count++] = length;
    }

    void extents(List<Long> offsetsAndLengths) {
        for (int i = 0; i + 1 < offsetsAndLengths.size(); i += 2) {
            extent(offsetsAndLengths.get(i), offsetsAndLengths.get(i + 1));
        }
    }

    /** Entries of an old GNU map; whether there was none missing. */
    boolean oldMap(TarFields block, int from, int entries) {
        for (int i = 0; i < entries; i++) {
            int at = from + ENTRY_BYTES * i;
            if (block.isNul(at) && block.isNul(at + 12)) {
                return false;
            }
            extent(block.number(at, 12), block.number(at + 12, 12));
        }
        return true;
    }

    /**
     * The map of format 1.0: a count, then offsets and lengths, each on a line; false if it is not
     * whole yet.
     */
    boolean lines(byte[] bytes) {
        String[] lines = new String(bytes, StandardCharsets.ISO_8859_1).split("\n", -1);
        if (lines.length < 2) {
            return false;
        }
        int entries = Integer.parseInt(lines[0]);
        if (lines.length < 2L * entries + 2) {
            return false; // the last line may be cut off
        }
        for (int i = 1; i <= 2 * entries; i += 2) {
            extent(Long.parseLong(lines[i]), Long.parseLong(lines[i + 1]));
        }
        return true;
    }

    void bytes(byte[] bytes, int from, int length) {
        int at = from;
        int rest = length;
        while (rest > 0 && extent < count) {
            long stored = extents[extent + 1];
            int step = (int) Math.min(rest, stored - inExtent);
            if (step > 0) {
                if (inExtent == 0) {
                    sums.zerosTo(extents[extent]);
                }
                sums.bytes(bytes, at, step);
                at += step;
                rest -= step;
                inExtent += step;
            }
            if (inExtent >= stored) {
                extent += 2;
                inExtent = 0;
            }
        }
    }

    /** The pieces; good until the next file begins. */
    Pieces finish() {
        return sums.finish();
    }
}
