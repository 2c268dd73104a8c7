package dev.naiad.builder.v6;

import java.util.Arrays;

/**
 * Hands out places for inodes and their tails so that tails never straddle a block, and fills gaps
 * left by earlier requests: the oldest block of the smallest sufficient size class first. The order
 * of requests alone decides the result. docs/formats/rafs-v6.md#space
 */
final class SpaceAllocator {
    private static final int SLOT = 32;
    private static final int CLASSES = 128; // of blocks of at most 4096 bytes

    private final int block;
    // Blocks by the number of free slots at their ends, and a bit for each size that exists.
    private final Queue[] available = new Queue[CLASSES];
    private final long[] sizes = new long[CLASSES / Long.SIZE];
    private long next; // slot-aligned
    private long usedEnd; // next before it was aligned

    SpaceAllocator(int blockSize, long start) {
        block = blockSize;
        next = start;
        usedEnd = start;
        for (int i = 0; i < CLASSES; i++) {
            available[i] = new Queue();
        }
    }

    long end() {
        return next;
    }

    /** The end of the last allocation at the end, not rounded up to a slot. */
    long usedEnd() {
        return usedEnd;
    }

    /** {@code size} bytes that need not stay inside one block, at the end; nothing is reused. */
    long append(long size) {
        long at = next;
        usedEnd = next + size;
        next = align(usedEnd, SLOT);
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
        usedEnd = next;
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
        int found = smallest(need);
        if (found < 0) {
            return -1;
        }
        long start = available[found].poll();
        if (available[found].isEmpty()) {
            sizes[found / Long.SIZE] &= ~(1L << found);
        }
        long result = start + block - (long) SLOT * found;
        giveBack(result + (long) SLOT * need);
        return result;
    }

    /** The size of the smallest gap of at least that many slots, or -1. */
    private int smallest(int need) {
        long mask = -1L << need; // of the first word
        for (int word = need / Long.SIZE; word < sizes.length; word++) {
            long found = sizes[word] & mask;
            if (found != 0) {
                return word * Long.SIZE + Long.numberOfTrailingZeros(found);
            }
            mask = -1;
        }
        return -1;
    }

    /** Remembers the rest of the block after {@code at}. */
    private void giveBack(long at) {
        int used = (int) (at % block);
        if (used != 0) {
            int size = (block - used) / SLOT;
            available[size].add(at - used);
            sizes[size / Long.SIZE] |= 1L << size;
        }
    }

    /** First in, first out. */
    private static final class Queue {
        private long[] ring = new long[4];
        private int head;
        private int size;

        boolean isEmpty() {
            return size == 0;
        }

        void add(long value) {
            if (size == ring.length) {
                long[] larger = Arrays.copyOfRange(ring, head, head + 2 * size);
                System.arraycopy(ring, 0, larger, size - head, head);
                ring = larger;
                head = 0;
            }
            ring[head + size++ & ring.length - 1] = value;
        }

        long poll() {
            long value = ring[head];
            head = head + 1 & ring.length - 1;
            size--;
            return value;
        }
    }

    static long align(long value, long to) {
        return (value + to - 1) / to * to;
    }
}
