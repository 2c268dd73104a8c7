package dev.naiad.codec.digest;

import static jdk.incubator.vector.IntVector.broadcast;
import static jdk.incubator.vector.IntVector.fromArray;
import static jdk.incubator.vector.VectorOperators.ROR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.Arrays;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Eight inputs side by side, one in each lane of 256-bit vectors; word {@code w} of all inputs
 * stands at {@code 8 * w}. Lanes without an input repeat what is there, and are dropped. Written
 * out, because vectors must stay locals to stay in registers. Half of the time would go into
 * turning bytes into lanes if it were done int by int; eight rows are turned by three rounds of
 * exchanges instead.
 */
final class Blake3Vectors implements Blake3Kernel {
    private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;
    private static final int LANES = 8;
    private static final int STEPS = 112;

    // Exchange of lanes at distance 4, 2 and 1: up and down by the distance, and which lanes take
    // the partner's.
    private static final VectorShuffle<Integer> UP4 = INTS.shuffleFromOp(k -> (k - 4) & 7);
    private static final VectorShuffle<Integer> DOWN4 = INTS.shuffleFromOp(k -> (k + 4) & 7);
    private static final VectorMask<Integer> HIGH4 = VectorMask.fromLong(INTS, 0b11110000);
    private static final VectorShuffle<Integer> UP2 = INTS.shuffleFromOp(k -> (k - 2) & 7);
    private static final VectorShuffle<Integer> DOWN2 = INTS.shuffleFromOp(k -> (k + 2) & 7);
    private static final VectorMask<Integer> HIGH2 = VectorMask.fromLong(INTS, 0b11001100);
    private static final VectorShuffle<Integer> UP1 = INTS.shuffleFromOp(k -> (k - 1) & 7);
    private static final VectorShuffle<Integer> DOWN1 = INTS.shuffleFromOp(k -> (k + 1) & 7);
    private static final VectorMask<Integer> HIGH1 = VectorMask.fromLong(INTS, 0b10101010);

    private final int[] m = new int[16 * LANES];
    private final int[] h = new int[8 * LANES];
    private final int[] counterLow = new int[LANES];
    private final int[] counterHigh = new int[LANES];

    @Override
    public int lanes() {
        return LANES;
    }

    @Override
    public void chunks(byte[] in, int offset, int n, long counter, int[] cvs, int to) {
        for (int i = 0; i < LANES; i++) {
            counterLow[i] = (int) (counter + i);
            counterHigh[i] = (int) ((counter + i) >>> 32);
        }
        begin();
        for (int block = 0; block < CHUNK / BLOCK; block++) {
            int at = offset + BLOCK * block;
            if (n == LANES) {
                turn(in, at, m, 0);
                turn(in, at + 32, m, 8 * LANES);
            } else {
                turnSome(in, at, n);
            }
            compress(block == 0 ? CHUNK_START : block == CHUNK / BLOCK - 1 ? CHUNK_END : 0);
        }
        end(n, cvs, to);
    }

    @Override
    public void parents(int[] cvs, int from, int n, int to) {
        Arrays.fill(counterLow, 0);
        Arrays.fill(counterHigh, 0);
        begin();
        for (int i = 0; i < n; i++) {
            for (int w = 0; w < 16; w++) {
                m[LANES * w + i] = cvs[8 * from + 16 * i + w];
            }
        }
        compress(PARENT);
        end(n, cvs, to);
    }

    private void begin() {
        for (int w = 0; w < 8; w++) {
            Arrays.fill(h, LANES * w, LANES * (w + 1), Blake3Scalar.iv(w));
        }
    }

    private void end(int n, int[] cvs, int to) {
        for (int i = 0; i < n; i++) {
            for (int w = 0; w < 8; w++) {
                cvs[8 * (to + i) + w] = h[LANES * w + i];
            }
        }
    }

    private void turnSome(byte[] in, int offset, int n) {
        for (int w = 0; w < 16; w++) {
            for (int i = 0; i < n; i++) {
                m[LANES * w + i] = (int) Blake3Scalar.INTS.get(in, offset + 4 * w + CHUNK * i);
            }
        }
    }

    private static IntVector row(byte[] in, int offset) {
        return ByteVector.fromArray(ByteVector.SPECIES_256, in, offset).reinterpretAsInts();
    }

    /** Eight words of eight chunks, turned: word by word. */
    private static void turn(byte[] in, int offset, int[] m, int to) {
        IntVector a = row(in, offset);
        IntVector b = row(in, offset + 1 * CHUNK);
        IntVector c = row(in, offset + 2 * CHUNK);
        IntVector d = row(in, offset + 3 * CHUNK);
        IntVector e = row(in, offset + 4 * CHUNK);
        IntVector f = row(in, offset + 5 * CHUNK);
        IntVector g = row(in, offset + 6 * CHUNK);
        IntVector h = row(in, offset + 7 * CHUNK);
        IntVector a4 = a.blend(e.rearrange(UP4), HIGH4);
        IntVector e4 = a.rearrange(DOWN4).blend(e, HIGH4);
        IntVector b4 = b.blend(f.rearrange(UP4), HIGH4);
        IntVector f4 = b.rearrange(DOWN4).blend(f, HIGH4);
        IntVector c4 = c.blend(g.rearrange(UP4), HIGH4);
        IntVector g4 = c.rearrange(DOWN4).blend(g, HIGH4);
        IntVector d4 = d.blend(h.rearrange(UP4), HIGH4);
        IntVector h4 = d.rearrange(DOWN4).blend(h, HIGH4);
        IntVector a2 = a4.blend(c4.rearrange(UP2), HIGH2);
        IntVector c2 = a4.rearrange(DOWN2).blend(c4, HIGH2);
        IntVector b2 = b4.blend(d4.rearrange(UP2), HIGH2);
        IntVector d2 = b4.rearrange(DOWN2).blend(d4, HIGH2);
        IntVector e2 = e4.blend(g4.rearrange(UP2), HIGH2);
        IntVector g2 = e4.rearrange(DOWN2).blend(g4, HIGH2);
        IntVector f2 = f4.blend(h4.rearrange(UP2), HIGH2);
        IntVector h2 = f4.rearrange(DOWN2).blend(h4, HIGH2);
        IntVector a1 = a2.blend(b2.rearrange(UP1), HIGH1);
        IntVector b1 = a2.rearrange(DOWN1).blend(b2, HIGH1);
        IntVector c1 = c2.blend(d2.rearrange(UP1), HIGH1);
        IntVector d1 = c2.rearrange(DOWN1).blend(d2, HIGH1);
        IntVector e1 = e2.blend(f2.rearrange(UP1), HIGH1);
        IntVector f1 = e2.rearrange(DOWN1).blend(f2, HIGH1);
        IntVector g1 = g2.blend(h2.rearrange(UP1), HIGH1);
        IntVector h1 = g2.rearrange(DOWN1).blend(h2, HIGH1);
        a1.intoArray(m, to);
        b1.intoArray(m, to + 1 * LANES);
        c1.intoArray(m, to + 2 * LANES);
        d1.intoArray(m, to + 3 * LANES);
        e1.intoArray(m, to + 4 * LANES);
        f1.intoArray(m, to + 5 * LANES);
        g1.intoArray(m, to + 6 * LANES);
        h1.intoArray(m, to + 7 * LANES);
    }

    private void compress(int flags) {
        int[] m = this.m;
        int[] h = this.h;
        IntVector v0 = fromArray(INTS, h, 0);
        IntVector v1 = fromArray(INTS, h, 1 * LANES);
        IntVector v2 = fromArray(INTS, h, 2 * LANES);
        IntVector v3 = fromArray(INTS, h, 3 * LANES);
        IntVector v4 = fromArray(INTS, h, 4 * LANES);
        IntVector v5 = fromArray(INTS, h, 5 * LANES);
        IntVector v6 = fromArray(INTS, h, 6 * LANES);
        IntVector v7 = fromArray(INTS, h, 7 * LANES);
        IntVector v8 = broadcast(INTS, Blake3Scalar.iv(0));
        IntVector v9 = broadcast(INTS, Blake3Scalar.iv(1));
        IntVector v10 = broadcast(INTS, Blake3Scalar.iv(2));
        IntVector v11 = broadcast(INTS, Blake3Scalar.iv(3));
        IntVector v12 = fromArray(INTS, counterLow, 0);
        IntVector v13 = fromArray(INTS, counterHigh, 0);
        IntVector v14 = broadcast(INTS, BLOCK);
        IntVector v15 = broadcast(INTS, flags);
        for (int s = 0; s < STEPS; s += 16) {
            v0 = v0.add(v4).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s)));
            v1 = v1.add(v5).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 2)));
            v2 = v2.add(v6).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 4)));
            v3 = v3.add(v7).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 6)));
            v12 = v12.lanewise(XOR, v0).lanewise(ROR, 16);
            v13 = v13.lanewise(XOR, v1).lanewise(ROR, 16);
            v14 = v14.lanewise(XOR, v2).lanewise(ROR, 16);
            v15 = v15.lanewise(XOR, v3).lanewise(ROR, 16);
            v8 = v8.add(v12);
            v9 = v9.add(v13);
            v10 = v10.add(v14);
            v11 = v11.add(v15);
            v4 = v4.lanewise(XOR, v8).lanewise(ROR, 12);
            v5 = v5.lanewise(XOR, v9).lanewise(ROR, 12);
            v6 = v6.lanewise(XOR, v10).lanewise(ROR, 12);
            v7 = v7.lanewise(XOR, v11).lanewise(ROR, 12);
            v0 = v0.add(v4).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 1)));
            v1 = v1.add(v5).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 3)));
            v2 = v2.add(v6).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 5)));
            v3 = v3.add(v7).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 7)));
            v12 = v12.lanewise(XOR, v0).lanewise(ROR, 8);
            v13 = v13.lanewise(XOR, v1).lanewise(ROR, 8);
            v14 = v14.lanewise(XOR, v2).lanewise(ROR, 8);
            v15 = v15.lanewise(XOR, v3).lanewise(ROR, 8);
            v8 = v8.add(v12);
            v9 = v9.add(v13);
            v10 = v10.add(v14);
            v11 = v11.add(v15);
            v4 = v4.lanewise(XOR, v8).lanewise(ROR, 7);
            v5 = v5.lanewise(XOR, v9).lanewise(ROR, 7);
            v6 = v6.lanewise(XOR, v10).lanewise(ROR, 7);
            v7 = v7.lanewise(XOR, v11).lanewise(ROR, 7);
            v0 = v0.add(v5).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 8)));
            v1 = v1.add(v6).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 10)));
            v2 = v2.add(v7).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 12)));
            v3 = v3.add(v4).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 14)));
            v15 = v15.lanewise(XOR, v0).lanewise(ROR, 16);
            v12 = v12.lanewise(XOR, v1).lanewise(ROR, 16);
            v13 = v13.lanewise(XOR, v2).lanewise(ROR, 16);
            v14 = v14.lanewise(XOR, v3).lanewise(ROR, 16);
            v10 = v10.add(v15);
            v11 = v11.add(v12);
            v8 = v8.add(v13);
            v9 = v9.add(v14);
            v5 = v5.lanewise(XOR, v10).lanewise(ROR, 12);
            v6 = v6.lanewise(XOR, v11).lanewise(ROR, 12);
            v7 = v7.lanewise(XOR, v8).lanewise(ROR, 12);
            v4 = v4.lanewise(XOR, v9).lanewise(ROR, 12);
            v0 = v0.add(v5).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 9)));
            v1 = v1.add(v6).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 11)));
            v2 = v2.add(v7).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 13)));
            v3 = v3.add(v4).add(fromArray(INTS, m, LANES * Blake3Scalar.word(s + 15)));
            v15 = v15.lanewise(XOR, v0).lanewise(ROR, 8);
            v12 = v12.lanewise(XOR, v1).lanewise(ROR, 8);
            v13 = v13.lanewise(XOR, v2).lanewise(ROR, 8);
            v14 = v14.lanewise(XOR, v3).lanewise(ROR, 8);
            v10 = v10.add(v15);
            v11 = v11.add(v12);
            v8 = v8.add(v13);
            v9 = v9.add(v14);
            v5 = v5.lanewise(XOR, v10).lanewise(ROR, 7);
            v6 = v6.lanewise(XOR, v11).lanewise(ROR, 7);
            v7 = v7.lanewise(XOR, v8).lanewise(ROR, 7);
            v4 = v4.lanewise(XOR, v9).lanewise(ROR, 7);
        }
        v0.lanewise(XOR, v8).intoArray(h, 0);
        v1.lanewise(XOR, v9).intoArray(h, 1 * LANES);
        v2.lanewise(XOR, v10).intoArray(h, 2 * LANES);
        v3.lanewise(XOR, v11).intoArray(h, 3 * LANES);
        v4.lanewise(XOR, v12).intoArray(h, 4 * LANES);
        v5.lanewise(XOR, v13).intoArray(h, 5 * LANES);
        v6.lanewise(XOR, v14).intoArray(h, 6 * LANES);
        v7.lanewise(XOR, v15).intoArray(h, 7 * LANES);
    }
}
