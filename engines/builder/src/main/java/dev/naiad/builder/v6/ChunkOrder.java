package dev.naiad.builder.v6;

import dev.naiad.builder.chunk.ChunkStore;
import java.util.Arrays;
import java.util.BitSet;

/**
 * The order of the chunk table: by digest, then by blob, then by index in the blob. Digests are
 * spread evenly, so about one bucket per chunk leaves little to compare.
 */
final class ChunkOrder {
    private static final int MOST_BITS = 20;
    private static final int PREFIX_BITS = 24;

    /** Larger buckets, which only crafted digests produce, go to a sort that is never quadratic. */
    private static final int SMALL = 32;

    private ChunkOrder() {}

    /** The numbers of the chunks in use, in order. */
    static int[] sorted(BitSet used, ChunkStore chunks) {
        int count = used.cardinality();
        int bits = Math.clamp(Integer.SIZE - Integer.numberOfLeadingZeros(count), 1, MOST_BITS);
        int shift = PREFIX_BITS - bits;
        int[] ends = new int[1 << bits];
        for (int i = used.nextSetBit(0); i >= 0; i = used.nextSetBit(i + 1)) {
            ends[chunks.digestPrefix(i) >>> shift]++;
        }
        for (int bucket = 1; bucket < ends.length; bucket++) {
            ends[bucket] += ends[bucket - 1];
        }
        int[] sorted = new int[count];
        int[] starts = ends; // each end moves down to its start as the bucket is filled
        for (int i = used.length() - 1; i >= 0; i = used.previousSetBit(i - 1)) {
            sorted[--starts[chunks.digestPrefix(i) >>> shift]] = i;
        }
        for (int bucket = 0; bucket < starts.length; bucket++) {
            int end = bucket + 1 < starts.length ? starts[bucket + 1] : count;
            sort(sorted, starts[bucket], end, chunks);
        }
        return sorted;
    }

    private static void sort(int[] numbers, int from, int to, ChunkStore chunks) {
        if (to - from > SMALL) {
            var boxed = new Integer[to - from];
            Arrays.setAll(boxed, i -> numbers[from + i]);
            Arrays.sort(boxed, (a, b) -> compare(chunks, a, b));
            for (int i = from; i < to; i++) {
                numbers[i] = boxed[i - from];
            }
            return;
        }
        for (int i = from + 1; i < to; i++) {
            int number = numbers[i];
            int at = i;
            while (at > from && compare(chunks, numbers[at - 1], number) > 0) {
                numbers[at] = numbers[--at];
            }
            numbers[at] = number;
        }
    }

    private static int compare(ChunkStore chunks, int a, int b) {
        int order = chunks.compareDigests(a, b);
        if (order == 0) {
            order = Integer.compare(chunks.blobIndex(a), chunks.blobIndex(b));
        }
        return order != 0 ? order : Integer.compare(chunks.chunkIndex(a), chunks.chunkIndex(b));
    }
}
