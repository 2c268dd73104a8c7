package dev.naiad.rafs;

/**
 * Where one chunk of a file lies, as far as the bootstrap alone tells without a search: enough for
 * a reader that has the blob's chunk information ({@link BlobChunks}) at hand.
 *
 * @param blobIndex position in {@link Bootstrap#blobs()}
 * @param chunkIndex position in the blob's chunk array
 * @param fileOffset where the chunk begins in the file
 * @param uncompressedOffset where it begins in the uncompressed blob
 * @param size its bytes, uncompressed
 */
public record ChunkRef(
        int blobIndex, int chunkIndex, long fileOffset, long uncompressedOffset, int size) {}
