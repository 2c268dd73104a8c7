package dev.naiad.builder.tar;

import java.util.Arrays;

/** The stretches of a sparse file that have data, in order; everything between them is zero. */
public final class SparseMap {
    private static final int MOST = 1 << 20;

    private long[] offsets = new long[8];
    private long[] lengths = new long[8];
    private int count;
    private boolean valid = true;

    void add(long offset, long length) {
        long previousEnd = count == 0 ? 0 : offsets[count - 1] + lengths[count - 1];
        if (offset < previousEnd
                || length < 0
                || length > Long.MAX_VALUE - offset
                || count == MOST) {
            valid = false;
            return;
        }
        if (length == 0) {
            return; // the end marker of several dialects
        }
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        offsets[count] = offset;
        lengths[count] = length;
        count++;
    }

    public int count() {
        return count;
    }

    public long offset(int i) {
        return offsets[i];
    }

    public long length(int i) {
        return lengths[i];
    }

    long dataSize() {
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += lengths[i];
        }
        return sum;
    }

    /**
     * Whether the stretches are in order, apart, and inside a file of that size with that much
     * data.
     */
    boolean fits(long realSize, long storedSize) {
        return valid
                && realSize >= 0
                && (count == 0 || offsets[count - 1] + lengths[count - 1] <= realSize)
                && dataSize() <= storedSize;
    }
}
