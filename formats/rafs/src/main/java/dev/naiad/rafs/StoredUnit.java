package dev.naiad.rafs;

/**
 * What is fetched and decoded in one piece: normally one chunk, or something that several chunks
 * are cut from. Two chunks of the same unit have equal units.
 */
public sealed interface StoredUnit {
    /** Where its stored bytes begin in the blob file. */
    long offset();

    /** Stored bytes. */
    long size();

    /** Bytes it decodes to. */
    long plainSize();

    /** A chunk stored by itself. */
    record Single(long offset, long size, long plainSize, boolean compressed, boolean encrypted)
            implements StoredUnit {}

    /**
     * Small chunks packed one behind the other and stored together; raw where both sizes are equal.
     */
    record Batch(int context, long offset, long size, long plainSize, boolean encrypted)
            implements StoredUnit {}

    /**
     * A stretch of a gzip stream that can be inflated on its own.
     *
     * @param dictionary the window to set before
     * @param previousByte holds the {@code pendingBits} (0 to 7) that precede {@code offset} in its
     *     high bits
     */
    record Gzip(
            int context,
            long offset,
            long size,
            long plainSize,
            GzipWindow dictionary,
            int previousByte,
            int pendingBits)
            implements StoredUnit {}
}
