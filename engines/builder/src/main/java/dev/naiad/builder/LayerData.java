package dev.naiad.builder;

/**
 * What went into a layer's blob.
 *
 * @param uncompressedSize in bytes, with what aligns the chunks
 */
record LayerData(int chunks, long uncompressedSize) {}
