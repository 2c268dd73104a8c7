package dev.naiad.convert.verify;

import java.util.zip.CRC32C;

/** Cuts what a file holds into pieces and sums each of them up, holes as zeros. */
final class PieceSums {
    private static final byte[] ZEROS = new byte[64 << 10];

    private final CRC32C crc = new CRC32C();
    private final int pieceSize;
    private final int[] sums;
    private final long size;
    private int piece;
    private long position;
    private int inPiece;
    private int sumOfZeros;
    private boolean sumOfZerosKnown;

    /**
     * @param size of the file with its holes
     */
    PieceSums(long size, int pieceSize) {
        this.size = size;
        this.pieceSize = pieceSize;
        this.sums = new int[Math.toIntExact((size + pieceSize - 1) / pieceSize)];
    }

    /** Of the file with its holes. */
    long size() {
        return size;
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
                sums[piece++] = sumOfZeros();
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
            sums[piece++] = (int) crc.getValue();
            crc.reset();
            inPiece = 0;
        }
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

    Pieces pieces() {
        return new Pieces(sums, true);
    }
}
