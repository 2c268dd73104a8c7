package dev.naiad.builder;

/**
 * Counts of a build.
 *
 * @param entries of the tree, the root included
 * @param inputBytes read from the source
 * @param uncompressedSize of the blob's chunks, alignment included
 * @param duplicateChunks chunks that were stored already, {@code duplicateBytes} in all
 */
public record BuildStatistics(
        long entries,
        long inputBytes,
        long uncompressedSize,
        long duplicateChunks,
        long duplicateBytes) {}
