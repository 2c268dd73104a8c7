package dev.naiad.codec.digest;

import static java.lang.Integer.rotateRight;

/**
 * BLAKE3's compression of 129 inputs side by side, in plain loops that C2 turns into vector code,
 * which needs neither a flag nor an incubating module (docs/decisions/blake3.md).
 *
 * <p>All words are in one array, word {@code w} of input {@code i} at {@code w * INPUTS + i}:
 * within one array the compiler sees that loads and stores of different words never meet, between
 * arrays it has to fear that they do. State is 0..15 (the value of the input so far in 0..7), the
 * message 16..31; 32..35 are counter, length and flags of the block. Always all inputs are
 * computed: a loop of fixed length is what C2 makes vectors of.
 */
final class Blake3Rounds {
    /**
     * One more than a multiple of the lanes of a register: C2 makes the first step of a loop alone.
     */
    static final int INPUTS = 129;

    /** Words of an input. */
    static final int WORDS = 36;

    static final int MESSAGE = 16 * INPUTS;
    static final int COUNTER_LOW = 32 * INPUTS;
    static final int COUNTER_HIGH = 33 * INPUTS;
    static final int LENGTH = 34 * INPUTS;
    static final int FLAGS = 35 * INPUTS;
    private static final int ROUNDS = 7;
    private static final int IV0 = Blake3Scalar.iv(0);
    private static final int IV1 = Blake3Scalar.iv(1);
    private static final int IV2 = Blake3Scalar.iv(2);
    private static final int IV3 = Blake3Scalar.iv(3);

    private Blake3Rounds() {}

    /** Compresses every input; the result is in words 0..7. */
    static void compress(int[] s) {
        begin(s);
        for (int r = 0; r < ROUNDS / 2; r++) {
            roundEven(s);
            roundOdd(s);
        }
        roundEven(s);
        end(s);
    }

    private static void begin(int[] s) {
        for (int i = 0; i < INPUTS; i++) {
            s[8 * INPUTS + i] = IV0;
            s[9 * INPUTS + i] = IV1;
            s[10 * INPUTS + i] = IV2;
            s[11 * INPUTS + i] = IV3;
            s[12 * INPUTS + i] = s[COUNTER_LOW + i];
            s[13 * INPUTS + i] = s[COUNTER_HIGH + i];
            s[14 * INPUTS + i] = s[LENGTH + i];
            s[15 * INPUTS + i] = s[FLAGS + i];
        }
    }

    private static void end(int[] s) {
        for (int i = 0; i < INPUTS; i++) {
            s[0 * INPUTS + i] ^= s[8 * INPUTS + i];
            s[1 * INPUTS + i] ^= s[9 * INPUTS + i];
            s[2 * INPUTS + i] ^= s[10 * INPUTS + i];
            s[3 * INPUTS + i] ^= s[11 * INPUTS + i];
            s[4 * INPUTS + i] ^= s[12 * INPUTS + i];
            s[5 * INPUTS + i] ^= s[13 * INPUTS + i];
            s[6 * INPUTS + i] ^= s[14 * INPUTS + i];
            s[7 * INPUTS + i] ^= s[15 * INPUTS + i];
        }
    }

    /** A round that takes the message words in order. */
    private static void roundEven(int[] s) {
        for (int i = 0; i < INPUTS; i++) {
            int v0 = s[0 * INPUTS + i];
            int v1 = s[1 * INPUTS + i];
            int v2 = s[2 * INPUTS + i];
            int v3 = s[3 * INPUTS + i];
            int v4 = s[4 * INPUTS + i];
            int v5 = s[5 * INPUTS + i];
            int v6 = s[6 * INPUTS + i];
            int v7 = s[7 * INPUTS + i];
            int v8 = s[8 * INPUTS + i];
            int v9 = s[9 * INPUTS + i];
            int v10 = s[10 * INPUTS + i];
            int v11 = s[11 * INPUTS + i];
            int v12 = s[12 * INPUTS + i];
            int v13 = s[13 * INPUTS + i];
            int v14 = s[14 * INPUTS + i];
            int v15 = s[15 * INPUTS + i];
            int m0 = s[16 * INPUTS + i];
            int m1 = s[17 * INPUTS + i];
            int m2 = s[18 * INPUTS + i];
            int m3 = s[19 * INPUTS + i];
            int m4 = s[20 * INPUTS + i];
            int m5 = s[21 * INPUTS + i];
            int m6 = s[22 * INPUTS + i];
            int m7 = s[23 * INPUTS + i];
            int m8 = s[24 * INPUTS + i];
            int m9 = s[25 * INPUTS + i];
            int m10 = s[26 * INPUTS + i];
            int m11 = s[27 * INPUTS + i];
            int m12 = s[28 * INPUTS + i];
            int m13 = s[29 * INPUTS + i];
            int m14 = s[30 * INPUTS + i];
            int m15 = s[31 * INPUTS + i];
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
            s[0 * INPUTS + i] = v0;
            s[1 * INPUTS + i] = v1;
            s[2 * INPUTS + i] = v2;
            s[3 * INPUTS + i] = v3;
            s[4 * INPUTS + i] = v4;
            s[5 * INPUTS + i] = v5;
            s[6 * INPUTS + i] = v6;
            s[7 * INPUTS + i] = v7;
            s[8 * INPUTS + i] = v8;
            s[9 * INPUTS + i] = v9;
            s[10 * INPUTS + i] = v10;
            s[11 * INPUTS + i] = v11;
            s[12 * INPUTS + i] = v12;
            s[13 * INPUTS + i] = v13;
            s[14 * INPUTS + i] = v14;
            s[15 * INPUTS + i] = v15;
        }
    }

    /**
     * The round after it, which takes them in the permuted order and leaves them in the order that
     * the next one needs. So words are written in three rounds of seven, at the price of a second
     * method to compile.
     */
    private static void roundOdd(int[] s) {
        for (int i = 0; i < INPUTS; i++) {
            int v0 = s[0 * INPUTS + i];
            int v1 = s[1 * INPUTS + i];
            int v2 = s[2 * INPUTS + i];
            int v3 = s[3 * INPUTS + i];
            int v4 = s[4 * INPUTS + i];
            int v5 = s[5 * INPUTS + i];
            int v6 = s[6 * INPUTS + i];
            int v7 = s[7 * INPUTS + i];
            int v8 = s[8 * INPUTS + i];
            int v9 = s[9 * INPUTS + i];
            int v10 = s[10 * INPUTS + i];
            int v11 = s[11 * INPUTS + i];
            int v12 = s[12 * INPUTS + i];
            int v13 = s[13 * INPUTS + i];
            int v14 = s[14 * INPUTS + i];
            int v15 = s[15 * INPUTS + i];
            int m0 = s[16 * INPUTS + i];
            int m1 = s[17 * INPUTS + i];
            int m2 = s[18 * INPUTS + i];
            int m3 = s[19 * INPUTS + i];
            int m4 = s[20 * INPUTS + i];
            int m5 = s[21 * INPUTS + i];
            int m6 = s[22 * INPUTS + i];
            int m7 = s[23 * INPUTS + i];
            int m8 = s[24 * INPUTS + i];
            int m9 = s[25 * INPUTS + i];
            int m10 = s[26 * INPUTS + i];
            int m11 = s[27 * INPUTS + i];
            int m12 = s[28 * INPUTS + i];
            int m13 = s[29 * INPUTS + i];
            int m14 = s[30 * INPUTS + i];
            int m15 = s[31 * INPUTS + i];
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
            s[0 * INPUTS + i] = v0;
            s[1 * INPUTS + i] = v1;
            s[2 * INPUTS + i] = v2;
            s[3 * INPUTS + i] = v3;
            s[4 * INPUTS + i] = v4;
            s[5 * INPUTS + i] = v5;
            s[6 * INPUTS + i] = v6;
            s[7 * INPUTS + i] = v7;
            s[8 * INPUTS + i] = v8;
            s[9 * INPUTS + i] = v9;
            s[10 * INPUTS + i] = v10;
            s[11 * INPUTS + i] = v11;
            s[12 * INPUTS + i] = v12;
            s[13 * INPUTS + i] = v13;
            s[14 * INPUTS + i] = v14;
            s[15 * INPUTS + i] = v15;
            s[16 * INPUTS + i] = m3;
            s[17 * INPUTS + i] = m4;
            s[18 * INPUTS + i] = m10;
            s[19 * INPUTS + i] = m12;
            s[20 * INPUTS + i] = m13;
            s[21 * INPUTS + i] = m2;
            s[22 * INPUTS + i] = m7;
            s[23 * INPUTS + i] = m14;
            s[24 * INPUTS + i] = m6;
            s[25 * INPUTS + i] = m5;
            s[26 * INPUTS + i] = m9;
            s[27 * INPUTS + i] = m0;
            s[28 * INPUTS + i] = m11;
            s[29 * INPUTS + i] = m15;
            s[30 * INPUTS + i] = m8;
            s[31 * INPUTS + i] = m1;
        }
    }
}
