package dev.naiad.codec.digest;

import static java.lang.Integer.rotateRight;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * BLAKE3's compression function, one block at a time. A round is one call of eight mixing steps
 * over locals; the message words are permuted between rounds. Fastest below some 4 KiB, and where
 * C2 is missing.
 */
final class Blake3Scalar {
    static final VarHandle INTS =
            MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int[] IV = {
        0x6A09E667,
        0xBB67AE85,
        0x3C6EF372,
        0xA54FF53A,
        0x510E527F,
        0x9B05688C,
        0x1F83D9AB,
        0x5BE0CD19
    };

    private static final int ROUNDS = 7;
    private static final int[] PERMUTATION = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};

    /** Which message word each half step of each round takes. */
    private static final int[] ORDER = order();

    private final int[] m = new int[16];
    private final byte[] last = new byte[Blake3Lanes.BLOCK];

    private static int[] order() {
        var order = new int[16 * ROUNDS];
        for (int i = 0; i < 16; i++) {
            order[i] = i;
        }
        for (int i = 16; i < order.length; i++) {
            order[i] = order[i - i % 16 - 16 + PERMUTATION[i % 16]];
        }
        return order;
    }

    /** Word {@code i} of the initial value. */
    static int iv(int i) {
        return IV[i];
    }

    /**
     * The value of one chunk of 0..1024 bytes to {@code cvs[8 * to]}; {@code flags} is 0 or ROOT.
     */
    void chunk(byte[] in, int offset, int length, long counter, int flags, int[] cvs, int to) {
        int at = 8 * to;
        System.arraycopy(IV, 0, cvs, at, 8);
        int position = offset;
        int left = length;
        int start = Blake3Lanes.CHUNK_START;
        for (; left > Blake3Lanes.BLOCK; left -= Blake3Lanes.BLOCK, position += Blake3Lanes.BLOCK) {
            load(in, position);
            compress(cvs, at, counter, Blake3Lanes.BLOCK, start);
            start = 0;
        }
        if (left == Blake3Lanes.BLOCK) {
            load(in, position);
        } else {
            Arrays.fill(last, (byte) 0);
            System.arraycopy(in, position, last, 0, left);
            load(last, 0);
        }
        compress(cvs, at, counter, left, start | Blake3Lanes.CHUNK_END | flags);
    }

    private void load(byte[] in, int offset) {
        for (int i = 0; i < 16; i++) {
            m[i] = (int) INTS.get(in, offset + 4 * i);
        }
    }

    /**
     * The value of the parent of two values at {@code cvs[8 * from]} to {@code out[8 * to]}; {@code
     * flags} is 0 or ROOT.
     */
    void parent(int[] cvs, int from, int flags, int[] out, int to) {
        System.arraycopy(cvs, 8 * from, m, 0, 16);
        System.arraycopy(IV, 0, out, 8 * to, 8);
        compress(out, 8 * to, 0, Blake3Lanes.BLOCK, Blake3Lanes.PARENT | flags);
    }

    private void compress(int[] cv, int at, long counter, int length, int flags) {
        int[] m = this.m;
        int v0 = cv[at];
        int v1 = cv[at + 1];
        int v2 = cv[at + 2];
        int v3 = cv[at + 3];
        int v4 = cv[at + 4];
        int v5 = cv[at + 5];
        int v6 = cv[at + 6];
        int v7 = cv[at + 7];
        int v8 = IV[0];
        int v9 = IV[1];
        int v10 = IV[2];
        int v11 = IV[3];
        int v12 = (int) counter;
        int v13 = (int) (counter >>> 32);
        int v14 = length;
        int v15 = flags;
        for (int r = 0; r < 16 * ROUNDS; r += 16) {
            v0 += v4 + m[ORDER[r + 0]];
            v12 = rotateRight(v12 ^ v0, 16);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 12);
            v0 += v4 + m[ORDER[r + 1]];
            v12 = rotateRight(v12 ^ v0, 8);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 7);
            v1 += v5 + m[ORDER[r + 2]];
            v13 = rotateRight(v13 ^ v1, 16);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 12);
            v1 += v5 + m[ORDER[r + 3]];
            v13 = rotateRight(v13 ^ v1, 8);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 7);
            v2 += v6 + m[ORDER[r + 4]];
            v14 = rotateRight(v14 ^ v2, 16);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 12);
            v2 += v6 + m[ORDER[r + 5]];
            v14 = rotateRight(v14 ^ v2, 8);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 7);
            v3 += v7 + m[ORDER[r + 6]];
            v15 = rotateRight(v15 ^ v3, 16);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 12);
            v3 += v7 + m[ORDER[r + 7]];
            v15 = rotateRight(v15 ^ v3, 8);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 7);
            v0 += v5 + m[ORDER[r + 8]];
            v15 = rotateRight(v15 ^ v0, 16);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 12);
            v0 += v5 + m[ORDER[r + 9]];
            v15 = rotateRight(v15 ^ v0, 8);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 7);
            v1 += v6 + m[ORDER[r + 10]];
            v12 = rotateRight(v12 ^ v1, 16);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 12);
            v1 += v6 + m[ORDER[r + 11]];
            v12 = rotateRight(v12 ^ v1, 8);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 7);
            v2 += v7 + m[ORDER[r + 12]];
            v13 = rotateRight(v13 ^ v2, 16);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 12);
            v2 += v7 + m[ORDER[r + 13]];
            v13 = rotateRight(v13 ^ v2, 8);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 7);
            v3 += v4 + m[ORDER[r + 14]];
            v14 = rotateRight(v14 ^ v3, 16);
            v9 += v14;
            v4 = rotateRight(v4 ^ v9, 12);
            v3 += v4 + m[ORDER[r + 15]];
            v14 = rotateRight(v14 ^ v3, 8);
            v9 += v14;
            v4 = rotateRight(v4 ^ v9, 7);
        }
        cv[at] = v0 ^ v8;
        cv[at + 1] = v1 ^ v9;
        cv[at + 2] = v2 ^ v10;
        cv[at + 3] = v3 ^ v11;
        cv[at + 4] = v4 ^ v12;
        cv[at + 5] = v5 ^ v13;
        cv[at + 6] = v6 ^ v14;
        cv[at + 7] = v7 ^ v15;
    }
}
