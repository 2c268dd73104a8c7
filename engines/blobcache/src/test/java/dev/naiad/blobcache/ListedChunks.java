package dev.naiad.blobcache;

import dev.naiad.rafs.BlobChunks;
import java.lang.foreign.MemorySegment;

/** Chunks as a bootstrap lists them: digests of all, and nothing of how they are stored. */
interface ListedChunks extends BlobChunks {
    /** The SHA-256 of the plain chunk. */
    byte[] sha256(int index);

    @Override
    default boolean isEncrypted(int index) {
        return false;
    }

    @Override
    default boolean isBatch(int index) {
        return false;
    }

    @Override
    default boolean isZran(int index) {
        return false;
    }

    @Override
    default boolean hasCrc(int index) {
        return false;
    }

    @Override
    default int crc32c(int index) {
        return 0;
    }

    @Override
    default boolean hasDigest(int index) {
        return true;
    }

    @Override
    default void digest(int index, MemorySegment target) {
        target.copyFrom(MemorySegment.ofArray(sha256(index)));
    }

    @Override
    default int indexAt(long uncompressedOffset) {
        throw new UnsupportedOperationException();
    }
}
