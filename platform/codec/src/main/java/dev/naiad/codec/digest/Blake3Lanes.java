package dev.naiad.codec.digest;

import static java.lang.Integer.rotateRight;

import java.util.Arrays;

/**
 * Up to 129 inputs of BLAKE3 side by side in plain loops that C2 turns into vector code, which
 * needs neither a flag nor an incubating module (docs/decisions/blake3.md). An input is a chunk of
 * the tree (at most 1024 bytes) or a parent; inputs are added, then computed together. Has scratch
 * memory: for one thread.
 *
 * <p>All words stand in one array, word {@code w} of input {@code i} at {@code w * STRIDE + i}:
 * within one array the compiler sees that loads and stores of different words never meet, between
 * arrays it has to fear that they do. State is 0..15 (the value of the input so far in 0..7), the
 * message 16..31; 32..35 are counter, length and flags of the block. Always all inputs are
 * computed: a loop of fixed length is what C2 makes vectors of.
 */
final class Blake3Lanes {
    /** BLAKE3's constants (the BLAKE3 paper, section 2.2). */
    static final int CHUNK = 1024;

    static final int BLOCK = 64;
    static final int CHUNK_START = 1;
    static final int CHUNK_END = 2;
    static final int PARENT = 4;
    static final int ROOT = 8;

    /**
     * At most this many inputs together. One more than a multiple of the lanes of a register: C2
     * makes the first step of a loop alone.
     */
    static final int MOST = 129;

    /** Fewer inputs than this are faster one by one. */
    static final int WORTHWHILE = 20;

    private static final int STRIDE = MOST;
    private static final int MESSAGE = 16 * STRIDE;
    private static final int COUNTER_LOW = 32 * STRIDE;
    private static final int COUNTER_HIGH = 33 * STRIDE;
    private static final int LENGTH = 34 * STRIDE;
    private static final int FLAGS = 35 * STRIDE;
    private static final int ROUNDS = 7;
    private static final int IV0 = Blake3Scalar.iv(0);
    private static final int IV1 = Blake3Scalar.iv(1);
    private static final int IV2 = Blake3Scalar.iv(2);
    private static final int IV3 = Blake3Scalar.iv(3);

    private final int[] s = new int[36 * STRIDE];
    private final int[] offset = new int[MOST];
    private final int[] length = new int[MOST];
    private final int[] last = new int[MOST];
    private final int[] flags = new int[MOST];
    private final int[] target = new int[MOST];
    private int count;

    boolean isFull() {
        return count == MOST;
    }

    /**
     * Adds a chunk of 0..1024 bytes.
     *
     * @param at where it will be found in the array given to {@link #leaves}
     * @param counter its number in the input
     * @param root ROOT if it is the only one, else 0
     * @param to where its value goes: {@code cvs[8 * to]}
     */
    void addLeaf(int at, int bytes, long counter, int root, int to) {
        int i = count++;
        offset[i] = at;
        length[i] = bytes;
        last[i] = Math.max(0, bytes - 1) / BLOCK;
        flags[i] = CHUNK_END | root;
        target[i] = to;
        s[COUNTER_LOW + i] = (int) counter;
        s[COUNTER_HIGH + i] = (int) (counter >>> 32);
    }

    /**
     * Adds the parent of the values at {@code from} and {@code from + 1}, which are read now; its
     * value goes to {@code to} in {@link #parents}.
     *
     * @param root ROOT if it is the topmost, else 0
     */
    void addParent(int[] cvs, int from, int root, int to) {
        int i = count++;
        for (int w = 0; w < 16; w++) {
            s[MESSAGE + w * STRIDE + i] = cvs[8 * from + w];
        }
        target[i] = to;
        s[COUNTER_LOW + i] = 0;
        s[COUNTER_HIGH + i] = 0;
        s[LENGTH + i] = BLOCK;
        s[FLAGS + i] = PARENT | root;
    }

    /** Computes the chunks added, whose bytes are in {@code in}. */
    void leaves(byte[] in, int[] cvs) {
        start();
        Arrays.fill(s, LENGTH, LENGTH + count, BLOCK);
        int left = count;
        for (int block = 0; left > 0; block++) {
            Arrays.fill(s, FLAGS, FLAGS + count, block == 0 ? CHUNK_START : 0);
            load(in, block);
            compress(s);
            left -= store(block, cvs);
        }
        count = 0;
    }

    /** Computes the parents added. */
    void parents(int[] cvs) {
        if (count > 0) {
            start();
            Arrays.fill(last, 0, count, 0);
            compress(s);
            store(0, cvs);
            count = 0;
        }
    }

    private void start() {
        for (int w = 0; w < 8; w++) {
            Arrays.fill(s, w * STRIDE, (w + 1) * STRIDE, Blake3Scalar.iv(w));
        }
    }

    private void load(byte[] in, int block) {
        for (int i = 0; i < count; i++) {
            int at = offset[i] + BLOCK * block;
            if (block < last[i]) {
                load(s, i, in, at);
            } else if (block == last[i]) {
                int rest = length[i] - BLOCK * block;
                s[FLAGS + i] |= flags[i];
                s[LENGTH + i] = rest;
                if (rest == BLOCK) {
                    load(s, i, in, at);
                } else {
                    loadRest(i, in, at, rest);
                }
            }
        }
    }

    private static void load(int[] s, int i, byte[] in, int at) {
        for (int w = 0; w < 16; w++) {
            s[MESSAGE + w * STRIDE + i] = (int) Blake3Scalar.INTS.get(in, at + 4 * w);
        }
    }

    private void loadRest(int i, byte[] in, int at, int rest) {
        for (int w = 0; w < 16; w++) {
            int word = 0;
            for (int b = Math.min(rest - 4 * w, 4) - 1; b >= 0; b--) {
                word = (word << 8) | (in[at + 4 * w + b] & 0xff);
            }
            s[MESSAGE + w * STRIDE + i] = word;
        }
    }

    /** Takes out the values of the inputs that end with this block. */
    private int store(int block, int[] cvs) {
        int stored = 0;
        for (int i = 0; i < count; i++) {
            if (last[i] == block) {
                for (int w = 0; w < 8; w++) {
                    cvs[8 * target[i] + w] = s[w * STRIDE + i];
                }
                stored++;
            }
        }
        return stored;
    }

    private static void compress(int[] s) {
        begin(s);
        for (int r = 0; r < ROUNDS; r++) {
            round(s);
        }
        end(s);
    }

    private static void begin(int[] s) {
        for (int i = 0; i < MOST; i++) {
            s[8 * STRIDE + i] = IV0;
            s[9 * STRIDE + i] = IV1;
            s[10 * STRIDE + i] = IV2;
            s[11 * STRIDE + i] = IV3;
            s[12 * STRIDE + i] = s[COUNTER_LOW + i];
            s[13 * STRIDE + i] = s[COUNTER_HIGH + i];
            s[14 * STRIDE + i] = s[LENGTH + i];
            s[15 * STRIDE + i] = s[FLAGS + i];
        }
    }

    private static void end(int[] s) {
        for (int i = 0; i < MOST; i++) {
            s[0 * STRIDE + i] ^= s[8 * STRIDE + i];
            s[1 * STRIDE + i] ^= s[9 * STRIDE + i];
            s[2 * STRIDE + i] ^= s[10 * STRIDE + i];
            s[3 * STRIDE + i] ^= s[11 * STRIDE + i];
            s[4 * STRIDE + i] ^= s[12 * STRIDE + i];
            s[5 * STRIDE + i] ^= s[13 * STRIDE + i];
            s[6 * STRIDE + i] ^= s[14 * STRIDE + i];
            s[7 * STRIDE + i] ^= s[15 * STRIDE + i];
        }
    }

    /** One round; the message words then stand as the next one takes them. */
    private static void round(int[] s) {
        for (int i = 0; i < MOST; i++) {
            int v0 = s[0 * STRIDE + i];
            int v1 = s[1 * STRIDE + i];
            int v2 = s[2 * STRIDE + i];
            int v3 = s[3 * STRIDE + i];
            int v4 = s[4 * STRIDE + i];
            int v5 = s[5 * STRIDE + i];
            int v6 = s[6 * STRIDE + i];
            int v7 = s[7 * STRIDE + i];
            int v8 = s[8 * STRIDE + i];
            int v9 = s[9 * STRIDE + i];
            int v10 = s[10 * STRIDE + i];
            int v11 = s[11 * STRIDE + i];
            int v12 = s[12 * STRIDE + i];
            int v13 = s[13 * STRIDE + i];
            int v14 = s[14 * STRIDE + i];
            int v15 = s[15 * STRIDE + i];
            int m0 = s[16 * STRIDE + i];
            int m1 = s[17 * STRIDE + i];
            int m2 = s[18 * STRIDE + i];
            int m3 = s[19 * STRIDE + i];
            int m4 = s[20 * STRIDE + i];
            int m5 = s[21 * STRIDE + i];
            int m6 = s[22 * STRIDE + i];
            int m7 = s[23 * STRIDE + i];
            int m8 = s[24 * STRIDE + i];
            int m9 = s[25 * STRIDE + i];
            int m10 = s[26 * STRIDE + i];
            int m11 = s[27 * STRIDE + i];
            int m12 = s[28 * STRIDE + i];
            int m13 = s[29 * STRIDE + i];
            int m14 = s[30 * STRIDE + i];
            int m15 = s[31 * STRIDE + i];
            v0 += v4 + m0;
            v12 = rotateRight(v12 ^ v0, 16);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 12);
            v0 += v4 + m1;
            v12 = rotateRight(v12 ^ v0, 8);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 7);
            v1 += v5 + m2;
            v13 = rotateRight(v13 ^ v1, 16);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 12);
            v1 += v5 + m3;
            v13 = rotateRight(v13 ^ v1, 8);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 7);
            v2 += v6 + m4;
            v14 = rotateRight(v14 ^ v2, 16);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 12);
            v2 += v6 + m5;
            v14 = rotateRight(v14 ^ v2, 8);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 7);
            v3 += v7 + m6;
            v15 = rotateRight(v15 ^ v3, 16);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 12);
            v3 += v7 + m7;
            v15 = rotateRight(v15 ^ v3, 8);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 7);
            v0 += v5 + m8;
            v15 = rotateRight(v15 ^ v0, 16);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 12);
            v0 += v5 + m9;
            v15 = rotateRight(v15 ^ v0, 8);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 7);
            v1 += v6 + m10;
            v12 = rotateRight(v12 ^ v1, 16);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 12);
            v1 += v6 + m11;
            v12 = rotateRight(v12 ^ v1, 8);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 7);
            v2 += v7 + m12;
            v13 = rotateRight(v13 ^ v2, 16);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 12);
            v2 += v7 + m13;
            v13 = rotateRight(v13 ^ v2, 8);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 7);
            v3 += v4 + m14;
            v14 = rotateRight(v14 ^ v3, 16);
            v9 += v14;
            v4 = rotateRight(v4 ^ v9, 12);
            v3 += v4 + m15;
            v14 = rotateRight(v14 ^ v3, 8);
            v9 += v14;
            v4 = rotateRight(v4 ^ v9, 7);
            s[0 * STRIDE + i] = v0;
            s[1 * STRIDE + i] = v1;
            s[2 * STRIDE + i] = v2;
            s[3 * STRIDE + i] = v3;
            s[4 * STRIDE + i] = v4;
            s[5 * STRIDE + i] = v5;
            s[6 * STRIDE + i] = v6;
            s[7 * STRIDE + i] = v7;
            s[8 * STRIDE + i] = v8;
            s[9 * STRIDE + i] = v9;
            s[10 * STRIDE + i] = v10;
            s[11 * STRIDE + i] = v11;
            s[12 * STRIDE + i] = v12;
            s[13 * STRIDE + i] = v13;
            s[14 * STRIDE + i] = v14;
            s[15 * STRIDE + i] = v15;
            s[16 * STRIDE + i] = m2;
            s[17 * STRIDE + i] = m6;
            s[18 * STRIDE + i] = m3;
            s[19 * STRIDE + i] = m10;
            s[20 * STRIDE + i] = m7;
            s[21 * STRIDE + i] = m0;
            s[22 * STRIDE + i] = m4;
            s[23 * STRIDE + i] = m13;
            s[24 * STRIDE + i] = m1;
            s[25 * STRIDE + i] = m11;
            s[26 * STRIDE + i] = m12;
            s[27 * STRIDE + i] = m5;
            s[28 * STRIDE + i] = m9;
            s[29 * STRIDE + i] = m14;
            s[30 * STRIDE + i] = m15;
            s[31 * STRIDE + i] = m8;
        }
    }
}
