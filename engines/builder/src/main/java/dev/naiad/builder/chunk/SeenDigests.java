package dev.naiad.builder.chunk;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * First words of digests that the writer has seen, for the workers to look at. A hint only: it
 * saves compressing what will be dropped.
 */
final class SeenDigests {
    private static final int SLOTS = 1 << 17;

    private final AtomicLongArray words = new AtomicLongArray(SLOTS);

    private static int slot(long word) {
        return (int) (word >>> 20) & SLOTS - 1;
    }

    void add(byte[] digests, int at) {
        long first = ChunkStore.word(digests, at);
        words.setOpaque(slot(first), first);
    }

    boolean mayHave(byte[] digests, int at) {
        long first = ChunkStore.word(digests, at);
        return words.getOpaque(slot(first)) == first;
    }
}
