package dev.naiad.rafs;

import java.lang.foreign.MemorySegment;

/**
 * The chunks of one blob by chunk index: what a reader needs to fetch, decode, check and place each
 * of them. Implementations are views over mapped bytes, hold no object per chunk and are safe for
 * concurrent use while the bytes stay mapped.
 *
 * <p>An index outside {@code 0 ≤ index < count()} is an {@link IndexOutOfBoundsException}: check
 * indexes that come from an image against {@link #count()} first.
 */
public interface BlobChunks {
    int count();

    /**
     * False for a chunk that this source knows nothing about (a v6 bootstrap lists only the chunks
     * its tree uses).
     */
    boolean isKnown(int index);

    /**
     * Where the chunk's stored bytes begin in the blob file; of a batch member or ZRAN chunk, where
     * its unit begins.
     */
    long compressedOffset(int index);

    /** Stored bytes; 0 for a member of a batch. */
    int compressedSize(int index);

    long uncompressedOffset(int index);

    int uncompressedSize(int index);

    boolean isCompressed(int index);

    boolean isEncrypted(int index);

    /** True for a chunk stored together with others in one compressed unit. */
    boolean isBatch(int index);

    /** True for a chunk inside a gzip stream, reached through a decompression context. */
    boolean isZran(int index);

    boolean hasCrc(int index);

    /** CRC-32C of the uncompressed bytes; meaningful only where {@link #hasCrc} says so. */
    int crc32c(int index);

    boolean hasDigest(int index);

    /** Copies the 32 digest bytes to the start of {@code target}. */
    void digest(int index, MemorySegment target);

    /** What has to be fetched and decoded to get the chunk. */
    default StoredUnit unit(int index) {
        return new StoredUnit.Single(
                compressedOffset(index),
                compressedSize(index),
                uncompressedSize(index),
                isCompressed(index),
                isEncrypted(index));
    }

    /** Where the chunk begins in the plain bytes of its {@link #unit}. */
    default long unitOffset(int index) {
        return 0;
    }

    /**
     * The chunk that covers a position of the uncompressed blob, or -1 where none does (alignment
     * gaps, the end). Costs a binary search.
     */
    int indexAt(long uncompressedOffset);
}
