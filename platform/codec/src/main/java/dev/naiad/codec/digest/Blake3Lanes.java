package dev.naiad.codec.digest;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Up to 129 inputs of BLAKE3 side by side, in the lanes of {@link Blake3Rounds}. An input is a
 * chunk of the tree (at most 1024 bytes) or a parent; inputs are added, then computed together. Has
 * scratch memory: for one thread.
 */
final class Blake3Lanes {
    /** BLAKE3's constants (the BLAKE3 paper, section 2.2). */
    static final int CHUNK = 1024;

    static final int BLOCK = 64;
    static final int CHUNK_START = 1;
    static final int CHUNK_END = 2;
    static final int PARENT = 4;
    static final int ROOT = 8;

    /** At most this many inputs together. */
    static final int MOST = Blake3Rounds.INPUTS;

    /** Fewer inputs than this are faster one by one. */
    static final int WORTHWHILE = 20;

    private static final int STRIDE = MOST;
    private static final int CHUNK_WORDS = CHUNK / 4;
    private static final ValueLayout.OfInt WORD =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final int[] s = new int[Blake3Rounds.WORDS * STRIDE];
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
            s[Blake3Rounds.COUNTER_LOW + i] = (int) number;
            s[Blake3Rounds.COUNTER_HIGH + i] = (int) (number >>> 32);
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
            s[Blake3Rounds.MESSAGE + w * STRIDE + i] = cvs[8 * from + w];
        }
        target[i] = to;
        s[Blake3Rounds.COUNTER_LOW + i] = 0;
        s[Blake3Rounds.COUNTER_HIGH + i] = 0;
        s[Blake3Rounds.LENGTH + i] = BLOCK;
        s[Blake3Rounds.FLAGS + i] = PARENT | root;
    }

    /** Computes the chunks added. */
    void leaves(int[] cvs) {
        start();
        Arrays.fill(s, Blake3Rounds.LENGTH, Blake3Rounds.LENGTH + count, BLOCK);
        int left = count;
        for (int block = 0; left > 0; block++) {
            Arrays.fill(
                    s,
                    Blake3Rounds.FLAGS,
                    Blake3Rounds.FLAGS + count,
                    block == 0 ? CHUNK_START : 0);
            load(s, leafWords, block * (BLOCK / 4));
            finishLasts(block);
            Blake3Rounds.compress(s);
            left -= store(block, cvs);
        }
        count = 0;
    }

    /** Computes the parents added. */
    void parents(int[] cvs) {
        if (count > 0) {
            start();
            Arrays.fill(last, 0, count, 0);
            Blake3Rounds.compress(s);
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
                s[Blake3Rounds.FLAGS + i] |= flags[i];
                s[Blake3Rounds.LENGTH + i] = length[i] - BLOCK * block;
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
}
