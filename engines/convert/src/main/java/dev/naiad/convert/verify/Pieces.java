package dev.naiad.convert.verify;

/**
 * What a file holds: the CRC-32C of each piece of the image's chunk size, holes as zeros.
 *
 * @param sums in the order of the file; there may be more elements than {@code count}
 * @param count of pieces
 * @param known false if only their number is
 */
@SuppressWarnings("ArrayRecordComponent") // compared by index
record Pieces(int[] sums, int count, boolean known) {
    static final Pieces NONE = new Pieces(new int[0], 0, true);
}
