package dev.naiad.dragonfly;

/**
 * How a content is cut into pieces: equal lengths from offset 0, the last one shorter.
 *
 * <p>All peers of a task must cut alike, so the length of a piece follows from the length of the
 * content alone unless the request names one.
 */
public record PieceLayout(long contentLength, long pieceLength) {
    public static final long MIN_PIECE_LENGTH = 4L << 20;
    public static final long MAX_PIECE_LENGTH = 64L << 20;
    private static final long AIM = 500;

    public PieceLayout {
        if (contentLength < 0) {
            throw new IllegalArgumentException("content length " + contentLength);
        }
        if (pieceLength < 1 || contentLength / pieceLength >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "piece length " + pieceLength + " of content length " + contentLength);
        }
    }

    /** The layout of a content for which nobody asked for a certain piece length. */
    public static PieceLayout of(long contentLength) {
        return new PieceLayout(contentLength, pieceLengthFor(contentLength));
    }

    /** The next power of two from a five-hundredth of the content, within 4 to 64 MiB. */
    public static long pieceLengthFor(long contentLength) {
        long share = contentLength / AIM;
        if (share <= MIN_PIECE_LENGTH) {
            return MIN_PIECE_LENGTH;
        }
        if (share >= MAX_PIECE_LENGTH) {
            return MAX_PIECE_LENGTH;
        }
        long highest = Long.highestOneBit(share);
        return highest == share ? highest : highest << 1;
    }

    /** How many pieces there are; 0 for an empty content. */
    public int count() {
        return Math.toIntExact(Math.ceilDiv(contentLength, pieceLength));
    }

    /** Where piece {@code number} begins. */
    public long offset(int number) {
        return check(number) * pieceLength;
    }

    /** How many bytes piece {@code number} has. */
    public long length(int number) {
        return Math.min(pieceLength, contentLength - offset(number));
    }

    /** The piece that holds the byte at {@code offset}. */
    public int pieceAt(long offset) {
        if (offset < 0 || offset >= contentLength) {
            throw new IllegalArgumentException(
                    "offset " + offset + " is outside content length " + contentLength);
        }
        return (int) (offset / pieceLength);
    }

    private long check(int number) {
        if (number < 0 || number >= count()) {
            throw new IllegalArgumentException("piece " + number + " of " + count());
        }
        return number;
    }
}
