package dev.naiad.convert.verify;

/**
 * What a file holds: the CRC-32C of each piece of the image's chunk size, holes as zeros.
 *
 * @param sums in the order of the file
 */
@SuppressWarnings("ArrayRecordComponent") // compared by index
record Pieces(int[] sums) {
    static final Pieces NONE = new Pieces(new int[0]);
}
