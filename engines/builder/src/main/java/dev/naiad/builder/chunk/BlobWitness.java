package dev.naiad.builder.chunk;

import java.nio.channels.WritableByteChannel;

/**
 * A blob's channel that is told what it gets, so that it can read back what was stored. Called by
 * the builder's writer, one call at a time.
 */
public interface BlobWitness extends WritableByteChannel {
    /**
     * Stored bytes that come with one of the next writes; in the order of the blob. A chunk, or a
     * batch of them.
     *
     * @param offset of the stored bytes in the blob
     * @param plainSize of what they are when decompressed
     * @param compressed false if they are stored as they are
     * @param crc32c of the plain bytes
     * @param storedCrc32c of the stored bytes, taken where they were made
     */
    void stored(
            long offset,
            int storedSize,
            int plainSize,
            boolean compressed,
            int crc32c,
            int storedCrc32c);
}
