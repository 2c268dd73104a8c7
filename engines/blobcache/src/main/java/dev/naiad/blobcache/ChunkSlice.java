package dev.naiad.blobcache;

import java.lang.foreign.MemorySegment;

/**
 * A piece of one chunk. A file read is a list of them in the order of the file; they may be of
 * several blobs.
 *
 * @param blob a handle of the mount that reads
 * @param chunk its index in the blob
 * @param offset first byte within the uncompressed chunk
 * @param length bytes, not 0
 */
public record ChunkSlice(CachedBlob blob, int chunk, int offset, int length) {
    public ChunkSlice {
        if (offset < 0 || length <= 0 || offset > Integer.MAX_VALUE - length) {
            throw new IllegalArgumentException(
                    "chunk " + chunk + ": " + length + " bytes at " + offset);
        }
    }

    /** Whether it can be read from the mapped cache file now. */
    boolean isReady() {
        return blob.isReady(chunk);
    }

    /** Whether its chunk need not be fetched. */
    boolean isCached() {
        return blob.isCached(chunk);
    }

    /** Its bytes in the mapped cache file; only if {@link #isReady}. */
    MemorySegment view() {
        return blob.view(chunk, offset, length);
    }
}
