package dev.naiad.codec.digest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * BLAKE3 of many pieces: the chunks (leaves) of all pieces go through the lanes together, then the
 * parents of all pieces, level by level.
 */
final class Blake3Batch implements BatchHasher {
    private final Blake3Lanes lanes = new Blake3Lanes();
    private final Blake3Scalar scalar = new Blake3Scalar();
    // A copy of a piece for the scalar kernel.
    private final byte[] copy = new byte[Blake3Lanes.WORTHWHILE * Blake3Lanes.CHUNK];
    private int[] values = new int[8 * 1024];
    private int[] first = new int[64];
    private int[] width = new int[64];

    @Override
    public void hash(MemorySegment data, int[] offset, int[] length, int count, byte[] digests) {
        int leaves = plan(length, count);
        if (leaves < Blake3Lanes.WORTHWHILE) {
            alone(data, offset, length, count);
        } else {
            for (int i = 0; i < count; i++) {
                addLeaves(data, offset[i], length[i], i);
            }
            lanes.leaves(values);
        }
        for (boolean more = true; more; ) {
            more = level(count);
        }
        for (int i = 0; i < count; i++) {
            for (int w = 0; w < 8; w++) {
                Blake3Scalar.INTS.set(digests, 32 * i + 4 * w, values[8 * first[i] + w]);
            }
        }
    }

    /** Gives each piece its place among the values. */
    private int plan(int[] length, int count) {
        if (count > first.length) {
            first = new int[Math.max(count, 2 * first.length)];
            width = new int[first.length];
        }
        int leaves = 0;
        for (int i = 0; i < count; i++) {
            first[i] = leaves;
            width[i] = Math.max(1, (length[i] + Blake3Lanes.CHUNK - 1) / Blake3Lanes.CHUNK);
            leaves = Math.addExact(leaves, width[i]);
        }
        if (Math.multiplyExact(8, leaves) > values.length) {
            values = new int[Math.max(8 * leaves, Math.min(2 * values.length, 1 << 28))];
        }
        return leaves;
    }

    private void alone(MemorySegment data, int[] offset, int[] length, int count) {
        for (int i = 0; i < count; i++) {
            MemorySegment.copy(data, ValueLayout.JAVA_BYTE, offset[i], copy, 0, length[i]);
            for (int k = 0; k < width[i]; k++) {
                int at = k * Blake3Lanes.CHUNK;
                int bytes = Math.min(Blake3Lanes.CHUNK, length[i] - at);
                scalar.chunk(copy, at, bytes, k, rootOrNot(i), values, first[i] + k);
            }
        }
    }

    private int rootOrNot(int piece) {
        return width[piece] == 1 ? Blake3Lanes.ROOT : 0;
    }

    private void addLeaves(MemorySegment data, long offset, int length, int piece) {
        for (int k = 0; k < width[piece]; ) {
            int at = k * Blake3Lanes.CHUNK;
            int n = Math.min(width[piece] - k, lanes.room());
            int bytes = Math.min(n * Blake3Lanes.CHUNK, length - at);
            lanes.addLeaves(data, offset + at, bytes, k, rootOrNot(piece), first[piece] + k);
            if (lanes.isFull()) {
                lanes.leaves(values);
            }
            k += n;
        }
    }

    /**
     * Joins neighbours in all pieces; one that is left over goes up as it is, which makes the tree
     * that BLAKE3 describes.
     *
     * @return whether there is anything left to join
     */
    private boolean level(int count) {
        int pairs = 0;
        for (int i = 0; i < count; i++) {
            pairs += width[i] / 2;
        }
        boolean wide = pairs >= Blake3Lanes.WORTHWHILE;
        boolean more = false;
        for (int i = 0; i < count; i++) {
            int n = width[i];
            if (n == 1) {
                continue;
            }
            int root = n == 2 ? Blake3Lanes.ROOT : 0;
            for (int p = 0; p < n / 2; p++) {
                join(first[i] + 2 * p, first[i] + p, root, wide);
            }
            if (n % 2 == 1) {
                int last = 8 * (first[i] + n - 1);
                System.arraycopy(values, last, values, 8 * (first[i] + n / 2), 8);
            }
            width[i] = n - n / 2;
            more |= width[i] > 1;
        }
        if (wide) {
            lanes.parents(values);
        }
        return more;
    }

    private void join(int from, int to, int root, boolean wide) {
        if (!wide) {
            scalar.parent(values, from, root, values, to);
            return;
        }
        lanes.addParent(values, from, root, to);
        if (lanes.isFull()) {
            lanes.parents(values);
        }
    }
}
