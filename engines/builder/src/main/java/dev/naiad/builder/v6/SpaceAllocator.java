package dev.naiad.builder.v6;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Hands out places for inodes and their tails so that tails never straddle a block, and fills gaps
 * that arose before: the oldest block of the smallest sufficient size class first. The order of
 * requests alone decides the result. docs/formats/rafs-v6.md#space
 */
final class SpaceAllocator {
    private static final int SLOT = 32;
    private static final int CLASSES = 128; // in images of 512-byte blocks too

    private final int block;
    private final List<ArrayDeque<Long>> available = new ArrayList<>(CLASSES);
    private long next;

    SpaceAllocator(int blockSize, long start) {
        block = blockSize;
        next = start;
        for (int i = 0; i < CLASSES; i++) {
            available.add(new ArrayDeque<>());
        }
    }

    long end() {
        return next;
    }

    /** {@code size} bytes that need not stay inside one block, at the end; nothing is reused. */
    long append(long size) {
        long at = next;
        next = align(next + size, SLOT);
        return at;
    }

    /** {@code size} bytes in a gap if one is large enough, else at the end. */
    long anywhere(long size) {
        long gap = fromGap(size);
        return gap >= 0 ? gap : append(size);
    }

    /** {@code size} bytes inside one block. */
    long insideBlock(long size) {
        long gap = fromGap(size);
        if (gap >= 0) {
            return gap;
        }
        if (block - next % block < size) {
            toBlockStart();
        }
        return append(size);
    }

    /** Whole blocks at the end for {@code size} bytes. */
    long blocks(long size) {
        toBlockStart();
        long at = next;
        next = align(next + size, block);
        return at;
    }

    private void toBlockStart() {
        giveBack(next);
        next = align(next, block);
    }

    private long fromGap(long size) {
        if (size >= block) {
            return -1;
        }
        int need = (int) (align(size, SLOT) / SLOT);
        for (int i = need; i < block / SLOT; i++) {
            Long start = available.get(i).poll();
            if (start != null) {
                long result = start + block - (long) SLOT * i;
                giveBack(result + (long) SLOT * need);
                return result;
            }
        }
        return -1;
    }

    /** Remembers the rest of the block behind {@code at}. */
    private void giveBack(long at) {
        int used = (int) (at % block);
        if (used != 0) {
            available.get((block - used) / SLOT).add(at - used);
        }
    }

    static long align(long value, long to) {
        return (value + to - 1) / to * to;
    }
}
