package dev.naiad.blobcache;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobInfo;

/** Checks what an image says of its blobs before it is used: the image may be hostile. */
final class RecordCheck {
    /**
     * The largest chunk the format allows; more in a record is corrupt and would be an attack on
     * our memory.
     */
    private static final int MAX_CHUNK_BYTES = 16 << 20;

    /** Stretches of gzip streams may be larger than a chunk. */
    private static final int MAX_UNIT_BYTES = 64 << 20;

    /**
     * 2^24 chunks at 24 bytes are 384 MiB; nobody has those, and memory is what an image must not
     * take from us.
     */
    private static final long MAX_TABLE_BYTES = 256L << 20;

    private RecordCheck() {}

    /**
     * Refuses sizes of a chunk table that no sane image has, before they are allocated.
     *
     * @throws CorruptFormatException if it is empty or larger than any
     */
    static void table(BlobInfo info) {
        var meta = info.meta();
        if (meta.compressedSize() <= 0
                || meta.compressedSize() > MAX_TABLE_BYTES
                || meta.uncompressedSize() <= 0
                || meta.uncompressedSize() > MAX_TABLE_BYTES) {
            throw new CorruptFormatException(
                    "blob " + info.id(),
                    -1,
                    "a chunk table of up to " + MAX_TABLE_BYTES + " bytes",
                    meta.toString());
        }
    }

    /**
     * Checks a record of a chunk before it is used.
     *
     * @throws CorruptFormatException if it leads outside the blob or is larger than any chunk
     */
    static void chunk(BlobInfo info, BlobChunks list, int chunk) {
        long size = list.uncompressedSize(chunk);
        long at = list.uncompressedOffset(chunk);
        boolean inPlace =
                size > 0
                        && size <= MAX_CHUNK_BYTES
                        && at >= 0
                        && at <= info.uncompressedSize() - size
                        && ((list.isBatch(chunk) || list.isZran(chunk))
                                ? isUnitInPlace(info, list, chunk, size)
                                : isStoredInPlace(info, list, chunk, size));
        if (!inPlace) {
            throw new CorruptFormatException(
                    "blob " + info.id() + " chunk " + chunk,
                    -1,
                    "a place within "
                            + info.compressedDataSize()
                            + "/"
                            + info.uncompressedSize()
                            + " bytes",
                    size + " bytes at " + at + " of " + list.unit(chunk));
        }
    }

    /** Of most chunks: no object is made, because every cached read passes here. */
    private static boolean isStoredInPlace(BlobInfo info, BlobChunks list, int chunk, long size) {
        long stored = list.compressedSize(chunk);
        long at = list.compressedOffset(chunk);
        return stored > 0
                && stored <= 2L * MAX_CHUNK_BYTES
                && at >= 0
                && at <= info.compressedDataSize() - stored
                && (list.isCompressed(chunk) || list.isEncrypted(chunk) || stored == size);
    }

    private static boolean isUnitInPlace(BlobInfo info, BlobChunks list, int chunk, long size) {
        var unit = list.unit(chunk);
        return unit.size() > 0
                && unit.size() <= MAX_UNIT_BYTES
                && unit.plainSize() <= MAX_UNIT_BYTES
                && unit.offset() >= 0
                && unit.offset() <= info.compressedDataSize() - unit.size()
                && list.unitOffset(chunk) <= unit.plainSize() - size;
    }
}
