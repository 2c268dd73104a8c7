package dev.naiad.blobcache;

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
}
