package dev.naiad.blobcache;

import dev.naiad.rafs.BlobChunks;
import java.lang.foreign.MemorySegment;

/** From stored bytes to checked chunks. */
final class ChunkDecoder {
    private ChunkDecoder() {}

    static MemorySegment decode(
            CachedBlob blob, BlobChunks list, int chunk, MemorySegment stored, Scratch scratch) {
        if (!list.isCompressed(chunk)) {
            return stored;
        }
        throw new UnsupportedOperationException(blob + " " + scratch.plain(1));
    }

    static void check(CachedBlob blob, BlobChunks list, int chunk, MemorySegment plain) {
        if (list.hasDigest(chunk) && plain.byteSize() < 0) {
            throw new UnsupportedOperationException(blob.toString());
        }
    }
}
