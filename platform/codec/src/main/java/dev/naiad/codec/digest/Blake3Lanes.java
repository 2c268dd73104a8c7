package dev.naiad.codec.digest;

import static java.lang.Integer.rotateRight;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
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
    private static final int CHUNK_WORDS = CHUNK / 4;
    private static final int MESSAGE = 16 * STRIDE;
    private static final int COUNTER_LOW = 32 * STRIDE;
    private static final int COUNTER_HIGH = 33 * STRIDE;
    private static final int LENGTH = 34 * STRIDE;
    private static final int FLAGS = 35 * STRIDE;
    private static final int ROUNDS = 7;
    private static final ValueLayout.OfInt WORD =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int IV0 = Blake3Scalar.iv(0);
    private static final int IV1 = Blake3Scalar.iv(1);
    private static final int IV2 = Blake3Scalar.iv(2);
    private static final int IV3 = Blake3Scalar.iv(3);

    private final int[] s = new int[36 * STRIDE];
    // The bytes of the leaves as words, those of input i from CHUNK_WORDS * i on. Words of native
    // memory or of a byte[] would cost more to read than this copy does.
    private final int[] leafWords = new int[CHUNK_WORDS * MOST];
    private final int[] length = new int[MOST];
    private final int[] last = new int[MOST];
    private final int[] flags = new int[MOST];
    private final int[] target = new int[MOST];
    private int count;

    boolean isFull() {
        return count == MOST;
    }

    /** How many more inputs may be added. */
    int room() {
        return MOST - count;
    }

    /**
     * Adds the chunks that begin at {@code offset}: full ones, the last of which may be shorter or
     * empty. Their bytes are read now.
     *
     * @param bytes of all of them
     * @param counter the number of the first in its input
     * @param root ROOT if there is but one in its input, else 0
     * @param to where their values go in {@link #leaves}: {@code cvs[8 * to]} and what follows
     */
    void addLeaves(MemorySegment data, long offset, int bytes, long counter, int root, int to) {
        int first = count;
        copy(data, offset, bytes, CHUNK_WORDS * first);
        int left = bytes;
        do {
            int i = count++;
            length[i] = Math.min(left, CHUNK);
            last[i] = Math.max(0, length[i] - 1) / BLOCK;
            flags[i] = CHUNK_END | root;
            target[i] = to + i - first;
            long number = counter + i - first;
            s[COUNTER_LOW + i] = (int) number;
            s[COUNTER_HIGH + i] = (int) (number >>> 32);
            left -= CHUNK;
        } while (left > 0);
    }

    /** The bytes as words, with zeros to the end of the last block. */
    private void copy(MemorySegment data, long offset, int bytes, int at) {
        int whole = bytes / 4;
        MemorySegment.copy(data, WORD, offset, leafWords, at, whole);
        int rest = bytes % BLOCK;
        if (rest == 0 && bytes > 0) {
            return;
        }
        int word = 0;
        for (int b = bytes % 4 - 1; b >= 0; b--) {
            byte next = data.get(ValueLayout.JAVA_BYTE, offset + 4L * whole + b);
            word = (word << 8) | (next & 0xff);
        }
        int end = at + (bytes - rest + BLOCK) / 4;
        Arrays.fill(leafWords, at + whole, end, 0);
        leafWords[at + whole] = word;
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

    /** Computes the chunks added. */
    void leaves(int[] cvs) {
        start();
        Arrays.fill(s, LENGTH, LENGTH + count, BLOCK);
        int left = count;
        for (int block = 0; left > 0; block++) {
            Arrays.fill(s, FLAGS, FLAGS + count, block == 0 ? CHUNK_START : 0);
            load(s, leafWords, block * (BLOCK / 4));
            finishLasts(block);
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

    /**
     * Turns a block of every input into lanes; what an input that has ended gets is of no
     * consequence.
     */
    private static void load(int[] s, int[] in, int from) {
        for (int i = 0; i < MOST; i++) {
            int at = CHUNK_WORDS * i + from;
            s[16 * STRIDE + i] = in[at];
            s[17 * STRIDE + i] = in[at + 1];
            s[18 * STRIDE + i] = in[at + 2];
            s[19 * STRIDE + i] = in[at + 3];
            s[20 * STRIDE + i] = in[at + 4];
            s[21 * STRIDE + i] = in[at + 5];
            s[22 * STRIDE + i] = in[at + 6];
            s[23 * STRIDE + i] = in[at + 7];
            s[24 * STRIDE + i] = in[at + 8];
            s[25 * STRIDE + i] = in[at + 9];
            s[26 * STRIDE + i] = in[at + 10];
            s[27 * STRIDE + i] = in[at + 11];
            s[28 * STRIDE + i] = in[at + 12];
            s[29 * STRIDE + i] = in[at + 13];
            s[30 * STRIDE + i] = in[at + 14];
            s[31 * STRIDE + i] = in[at + 15];
        }
    }

    /** Says of the inputs that end with this block that they do. */
    private void finishLasts(int block) {
        for (int i = 0; i < count; i++) {
            if (last[i] == block) {
                s[FLAGS + i] |= flags[i];
                s[LENGTH + i] = length[i] - BLOCK * block;
            }
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
        for (int r = 0; r < ROUNDS / 2; r++) {
            roundEven(s);
            roundOdd(s);
        }
        roundEven(s);
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

    /** A round that takes the message words as they stand. */
    private static void roundEven(int[] s) {
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
        }
    }

    /**
     * The round after it, which takes them in the permuted order and leaves them in the order that
     * the next one needs. So words are written in three rounds of seven, at the price of a second
     * method to compile.
     */
    private static void roundOdd(int[] s) {
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
            v0 += v4 + m2;
            v12 = rotateRight(v12 ^ v0, 16);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 12);
            v0 += v4 + m6;
            v12 = rotateRight(v12 ^ v0, 8);
            v8 += v12;
            v4 = rotateRight(v4 ^ v8, 7);
            v1 += v5 + m3;
            v13 = rotateRight(v13 ^ v1, 16);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 12);
            v1 += v5 + m10;
            v13 = rotateRight(v13 ^ v1, 8);
            v9 += v13;
            v5 = rotateRight(v5 ^ v9, 7);
            v2 += v6 + m7;
            v14 = rotateRight(v14 ^ v2, 16);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 12);
            v2 += v6 + m0;
            v14 = rotateRight(v14 ^ v2, 8);
            v10 += v14;
            v6 = rotateRight(v6 ^ v10, 7);
            v3 += v7 + m4;
            v15 = rotateRight(v15 ^ v3, 16);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 12);
            v3 += v7 + m13;
            v15 = rotateRight(v15 ^ v3, 8);
            v11 += v15;
            v7 = rotateRight(v7 ^ v11, 7);
            v0 += v5 + m1;
            v15 = rotateRight(v15 ^ v0, 16);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 12);
            v0 += v5 + m11;
            v15 = rotateRight(v15 ^ v0, 8);
            v10 += v15;
            v5 = rotateRight(v5 ^ v10, 7);
            v1 += v6 + m12;
            v12 = rotateRight(v12 ^ v1, 16);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 12);
            v1 += v6 + m5;
            v12 = rotateRight(v12 ^ v1, 8);
            v11 += v12;
            v6 = rotateRight(v6 ^ v11, 7);
            v2 += v7 + m9;
            v13 = rotateRight(v13 ^ v2, 16);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 12);
            v2 += v7 + m14;
            v13 = rotateRight(v13 ^ v2, 8);
            v8 += v13;
            v7 = rotateRight(v7 ^ v8, 7);
            v3 += v4 + m15;
            v14 = rotateRight(v14 ^ v3, 16);
            v9 += v14;
            v4 = rotateRight(v4 ^ v9, 12);
            v3 += v4 + m8;
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
            s[16 * STRIDE + i] = m3;
            s[17 * STRIDE + i] = m4;
            s[18 * STRIDE + i] = m10;
            s[19 * STRIDE + i] = m12;
            s[20 * STRIDE + i] = m13;
            s[21 * STRIDE + i] = m2;
            s[22 * STRIDE + i] = m7;
            s[23 * STRIDE + i] = m14;
            s[24 * STRIDE + i] = m6;
            s[25 * STRIDE + i] = m5;
            s[26 * STRIDE + i] = m9;
            s[27 * STRIDE + i] = m0;
            s[28 * STRIDE + i] = m11;
            s[29 * STRIDE + i] = m15;
            s[30 * STRIDE + i] = m8;
            s[31 * STRIDE + i] = m1;
        }
    }
}
