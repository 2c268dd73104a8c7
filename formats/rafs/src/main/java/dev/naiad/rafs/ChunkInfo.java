package dev.naiad.rafs;

/**
 * A chunk record in full: the 80-byte structure of both generations
 * (docs/formats/rafs-v5.md#chunk-record).
 *
 * @param digest 32 bytes, of the uncompressed chunk; all zero for tarfs and external chunks
 * @param flags {@link #COMPRESSED} and its siblings
 * @param crc32c CRC-32C of the uncompressed chunk where {@link #HAS_CRC} is set, else 0
 */
@SuppressWarnings("ArrayRecordComponent") // a view of disk bytes; compared nowhere
public record ChunkInfo(
        byte[] digest,
        int blobIndex,
        int flags,
        int compressedSize,
        int uncompressedSize,
        long compressedOffset,
        long uncompressedOffset,
        long fileOffset,
        int chunkIndex,
        int crc32c) {
    public static final int COMPRESSED = 0x1;
    public static final int HOLE = 0x2;
    public static final int ENCRYPTED = 0x4;
    public static final int BATCH = 0x8;
    public static final int HAS_CRC = 0x10;

    public boolean isCompressed() {
        return (flags & COMPRESSED) != 0;
    }

    public boolean isEncrypted() {
        return (flags & ENCRYPTED) != 0;
    }

    public boolean hasCrc() {
        return (flags & HAS_CRC) != 0;
    }

    public ChunkRef ref() {
        return new ChunkRef(
                blobIndex, chunkIndex, fileOffset, uncompressedOffset, uncompressedSize);
    }
}
