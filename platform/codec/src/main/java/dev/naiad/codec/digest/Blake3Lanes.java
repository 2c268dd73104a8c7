package dev.naiad.codec.digest;

import static java.lang.Integer.rotateRight;

import java.util.Arrays;

/**
 * Many inputs side by side in plain loops that C2 turns into vector code: word {@code w} of input
 * {@code i} is {@code v[w][i]}. Needs no flag and no incubating module; 1.1 GB/s where one block at
 * a time reaches 0.4 (docs/decisions/blake3.md).
 */
final class Blake3Lanes implements Blake3Kernel {
    private static final int LANES = 64;
    private static final int STEPS = 112;

    private final int[][] v = new int[16][LANES];
    private final int[][] m = new int[16][LANES];
    private final int[][] h = new int[8][LANES];

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void chunks(byte[] in, int offset, int n, long counter, int[] cvs, int to) {
        begin(n);
        for (int block = 0; block < CHUNK / BLOCK; block++) {
            for (int w = 0; w < 16; w++) {
                load(m[w], in, offset + BLOCK * block + 4 * w, n);
            }
            int flags = block == 0 ? CHUNK_START : block == CHUNK / BLOCK - 1 ? CHUNK_END : 0;
            compress(n, counter, 1, flags);
        }
        end(n, cvs, to);
    }

    @Override
    public void parents(int[] cvs, int from, int n, int to) {
        begin(n);
        for (int w = 0; w < 16; w++) {
            int[] words = m[w];
            for (int i = 0; i < n; i++) {
                words[i] = cvs[8 * from + 16 * i + w];
            }
        }
        compress(n, 0, 0, PARENT);
        end(n, cvs, to);
    }

    private void begin(int n) {
        for (int w = 0; w < 8; w++) {
            Arrays.fill(h[w], 0, n, Blake3Scalar.iv(w));
        }
    }

    private void end(int n, int[] cvs, int to) {
        for (int w = 0; w < 8; w++) {
            int[] words = h[w];
            for (int i = 0; i < n; i++) {
                cvs[8 * (to + i) + w] = words[i];
            }
        }
    }

    private static void load(int[] words, byte[] in, int offset, int n) {
        for (int i = 0; i < n; i++) {
            words[i] = (int) Blake3Scalar.INTS.get(in, offset + CHUNK * i);
        }
    }

    private void compress(int n, long counter, int step, int flags) {
        for (int w = 0; w < 8; w++) {
            System.arraycopy(h[w], 0, v[w], 0, n);
        }
        for (int w = 0; w < 4; w++) {
            Arrays.fill(v[8 + w], 0, n, Blake3Scalar.iv(w));
        }
        for (int i = 0; i < n; i++) {
            long count = counter + (long) step * i;
            v[12][i] = (int) count;
            v[13][i] = (int) (count >>> 32);
        }
        Arrays.fill(v[14], 0, n, BLOCK);
        Arrays.fill(v[15], 0, n, flags);
        for (int s = 0; s < STEPS; s += 16) {
            mix(0, 4, 8, 12, s, n);
            mix(1, 5, 9, 13, s + 2, n);
            mix(2, 6, 10, 14, s + 4, n);
            mix(3, 7, 11, 15, s + 6, n);
            mix(0, 5, 10, 15, s + 8, n);
            mix(1, 6, 11, 12, s + 10, n);
            mix(2, 7, 8, 13, s + 12, n);
            mix(3, 4, 9, 14, s + 14, n);
        }
        for (int w = 0; w < 8; w++) {
            xor(h[w], v[w], v[w + 8], n);
        }
    }

    private void mix(int a, int b, int c, int d, int step, int n) {
        mix(v[a], v[b], v[c], v[d], m[Blake3Scalar.word(step)], m[Blake3Scalar.word(step + 1)], n);
    }

    private static void mix(int[] a, int[] b, int[] c, int[] d, int[] x, int[] y, int n) {
        for (int i = 0; i < n; i++) {
            int p = a[i] + b[i] + x[i];
            int s = rotateRight(d[i] ^ p, 16);
            int r = c[i] + s;
            int q = rotateRight(b[i] ^ r, 12);
            p += q + y[i];
            s = rotateRight(s ^ p, 8);
            r += s;
            a[i] = p;
            b[i] = rotateRight(q ^ r, 7);
            c[i] = r;
            d[i] = s;
        }
    }

    private static void xor(int[] out, int[] a, int[] b, int n) {
        for (int i = 0; i < n; i++) {
            out[i] = a[i] ^ b[i];
        }
    }
}
