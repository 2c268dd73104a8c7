package dev.naiad.codec.digest;

import dev.naiad.base.bytes.Digest;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * BLAKE3 with 32 bytes of output, streaming. Chunks of 1024 bytes are the leaves of a binary tree;
 * of the tree only the right edge is kept: one value per complete subtree, as the bits of the
 * number of chunks say. At least one byte is always held back, because the last chunk and the
 * topmost parent are computed with other flags. For one thread.
 */
public final class Blake3 implements Hasher {
    private static final int MAX_DEPTH = 54;
    private static final int BATCH = 128;

    private final Blake3Scalar scalar = new Blake3Scalar();
    private final Blake3Lanes lanes = new Blake3Lanes();
    private final int[] stack = new int[8 * (MAX_DEPTH + 1)];
    private final int[] batch = new int[8 * BATCH];
    private final byte[] tail = new byte[Blake3Lanes.CHUNK];
    private byte[] copy = new byte[0];

    private int tailLength;
    private int depth;
    private long chunks;

    @Override
    public Digest.Algorithm algorithm() {
        return Digest.Algorithm.BLAKE3;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        java.util.Objects.checkFromIndexSize(offset, length, bytes.length);
        int at = offset;
        int left = length;
        if (tailLength > 0) {
            int n = Math.min(left, Blake3Lanes.CHUNK - tailLength);
            System.arraycopy(bytes, at, tail, tailLength, n);
            tailLength += n;
            at += n;
            left -= n;
            if (left == 0) {
                return;
            }
            scalar.chunk(tail, 0, Blake3Lanes.CHUNK, chunks, 0, batch, 0);
            push(1);
            tailLength = 0;
        }
        while (left > Blake3Lanes.CHUNK) {
            int n = Math.min(BATCH, (left - 1) / Blake3Lanes.CHUNK);
            leaves(bytes, at, n);
            push(n);
            at += n * Blake3Lanes.CHUNK;
            left -= n * Blake3Lanes.CHUNK;
        }
        System.arraycopy(bytes, at, tail, 0, left);
        tailLength = left;
    }

    @Override
    public void update(MemorySegment bytes) {
        if (bytes.byteSize() > 0 && copy.length == 0) {
            copy = new byte[BATCH * Blake3Lanes.CHUNK];
        }
        for (long at = 0; at < bytes.byteSize(); at += copy.length) {
            int n = (int) Math.min(copy.length, bytes.byteSize() - at);
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, copy, 0, n);
            update(copy, 0, n);
        }
    }

    private void leaves(byte[] bytes, int offset, int n) {
        if (n >= Blake3Lanes.WORTHWHILE) {
            var segment = MemorySegment.ofArray(bytes);
            lanes.addLeaves(segment, offset, n * Blake3Lanes.CHUNK, chunks, 0, 0);
            lanes.leaves(batch);
            return;
        }
        for (int i = 0; i < n; i++) {
            int at = offset + i * Blake3Lanes.CHUNK;
            scalar.chunk(bytes, at, Blake3Lanes.CHUNK, chunks + i, 0, batch, i);
        }
    }

    /**
     * Adds the values of {@code n} chunks to the tree, in the largest complete subtrees that the
     * position allows.
     */
    private void push(int n) {
        for (int i = 0; i < n; ) {
            int fits = Integer.highestOneBit(n - i);
            int aligned = (int) Math.min(fits, chunks == 0 ? fits : Long.lowestOneBit(chunks));
            reduce(i, aligned);
            System.arraycopy(batch, 8 * i, stack, 8 * depth, 8);
            depth++;
            chunks += aligned;
            // Complete subtrees of equal size are adjacent: merge while the new one ends on a
            // larger boundary.
            for (long size = aligned; (chunks & size) == 0; size <<= 1) {
                depth--;
                scalar.parent(stack, depth - 1, 0, stack, depth - 1);
            }
            i += aligned;
        }
    }

    /**
     * The value of a subtree over {@code n} (a power of two) values at {@code from}, to {@code
     * from}.
     */
    private void reduce(int from, int n) {
        for (int pairs = n / 2; pairs > 0; pairs /= 2) {
            if (pairs < Blake3Lanes.WORTHWHILE) {
                for (int i = 0; i < pairs; i++) {
                    scalar.parent(batch, from + 2 * i, 0, batch, from + i);
                }
            } else {
                for (int i = 0; i < pairs; i++) {
                    lanes.addParent(batch, from + 2 * i, 0, from + i);
                }
                lanes.parents(batch);
            }
        }
    }

    @Override
    public byte[] finish() {
        int rootOrNot = depth == 0 ? Blake3Lanes.ROOT : 0;
        scalar.chunk(tail, 0, tailLength, chunks, rootOrNot, stack, depth);
        for (int at = depth - 1; at >= 0; at--) {
            scalar.parent(stack, at, at == 0 ? Blake3Lanes.ROOT : 0, stack, at);
        }
        var digest = new byte[32];
        for (int i = 0; i < 8; i++) {
            Blake3Scalar.INTS.set(digest, 4 * i, stack[i]);
        }
        reset();
        return digest;
    }

    @Override
    public void reset() {
        tailLength = 0;
        depth = 0;
        chunks = 0;
    }
}
