package dev.naiad.convert.verify;

import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Cuts what a file holds into pieces and sums each of them up, holes as zeros. To be begun again
 * for each file.
 */
final class PieceSums {
    private static final byte[] ZEROS = new byte[64 << 10];

    private final CRC32C crc = new CRC32C();
    private final int pieceSize;
    private int[] sums = new int[16];
    private long size;
    private int piece;
    private long position;
    private int inPiece;
    private int sumOfZeros;
    private boolean sumOfZerosKnown;

    PieceSums(int pieceSize) {
        this.pieceSize = pieceSize;
    }

    /**
     * Begins a file.
     *
     * @param fileSize with its holes
     */
    void begin(long fileSize) {
        if (fileSize < 0) {
            throw new IllegalStateException("a file of " + fileSize + " bytes");
        }
        size = fileSize;
        piece = 0;
        position = 0;
        inPiece = 0;
        crc.reset();
    }

    void bytes(byte[] source, int from, int length) {
        int at = from;
        int left = length;
        while (left > 0) {
            int step = (int) Math.min(left, Math.min(pieceSize - inPiece, size - position));
            if (step <= 0) {
                throw new IllegalStateException("more than the " + size + " bytes of the file");
            }
            crc.update(source, at, step);
            at += step;
            left -= step;
            advance(step);
        }
    }

    /** A hole up to that position. */
    void zerosTo(long end) {
        while (position < end) {
            long left = Math.min(end, size) - position;
            if (left <= 0) {
                return;
            }
            if (inPiece == 0 && left >= pieceSize) {
                add(sumOfZeros());
                position += pieceSize;
                continue;
            }
            int step = (int) Math.min(ZEROS.length, Math.min(left, pieceSize - inPiece));
            crc.update(ZEROS, 0, step);
            advance(step);
        }
    }

    private void advance(int step) {
        position += step;
        inPiece += step;
        if (inPiece == pieceSize || position == size) {
            add((int) crc.getValue());
            crc.reset();
            inPiece = 0;
        }
    }

    private void add(int sum) {
        if (piece == sums.length) {
            sums = Arrays.copyOf(sums, Math.multiplyExact(piece, 2));
        }
        sums[piece++] = sum;
    }

    private int sumOfZeros() {
        if (!sumOfZerosKnown) {
            var zeros = new CRC32C();
            for (int left = pieceSize; left > 0; left -= ZEROS.length) {
                zeros.update(ZEROS, 0, Math.min(left, ZEROS.length));
            }
            sumOfZeros = (int) zeros.getValue();
            sumOfZerosKnown = true;
        }
        return sumOfZeros;
    }

    /** The rest is a hole. What is given is good until the next file begins. */
    Pieces finish() {
        zerosTo(size);
        return new Pieces(sums, piece, true);
    }
}
