package dev.naiad.rafs;

import dev.naiad.base.bytes.LittleEndian;

/**
 * The 80-byte chunk record, little-endian: behind a file's inode in v5, in the chunk table in v6.
 *
 * <pre>
 *  0 digest 32 | 32 blob index u32 | 36 flags u32 | 40 compressed size u32 | 44 uncompressed size u32
 * 48 compressed offset u64 | 56 uncompressed offset u64 | 64 file offset u64 | 72 chunk index u32 | 76 crc32c u32
 * </pre>
 *
 * docs/formats/rafs-v5.md#chunk-record
 */
public final class ChunkRecord {
    /** Bytes of a record. */
    public static final int SIZE = 80;

    private static final int BLOB_INDEX = 32;
    private static final int FLAGS = 36;
    private static final int COMPRESSED_SIZE = 40;
    private static final int UNCOMPRESSED_SIZE = 44;
    private static final int COMPRESSED_OFFSET = 48;
    private static final int UNCOMPRESSED_OFFSET = 56;
    private static final int FILE_OFFSET = 64;
    private static final int CHUNK_INDEX = 72;
    private static final int CRC = 76;

    private ChunkRecord() {}

    /** Decodes the record at {@code at}. */
    public static ChunkInfo read(LittleEndian file, long at) {
        return new ChunkInfo(
                file.bytes(at, Digester.LENGTH),
                file.u31(at + BLOB_INDEX),
                file.bits32(at + FLAGS),
                file.u31(at + COMPRESSED_SIZE),
                file.u31(at + UNCOMPRESSED_SIZE),
                file.u64(at + COMPRESSED_OFFSET),
                file.u64(at + UNCOMPRESSED_OFFSET),
                file.u64(at + FILE_OFFSET),
                file.u31(at + CHUNK_INDEX),
                file.bits32(at + CRC));
    }

    public static void write(LittleEndian file, long at, ChunkInfo chunk) {
        write(
                file,
                at,
                chunk.digest(),
                0,
                chunk.blobIndex(),
                chunk.flags(),
                chunk.compressedSize(),
                chunk.uncompressedSize(),
                chunk.compressedOffset(),
                chunk.uncompressedOffset(),
                chunk.fileOffset(),
                chunk.chunkIndex(),
                chunk.crc32c());
    }

    /**
     * Like the other, for a chunk given by its fields.
     *
     * @param digests has the chunk's from {@code digestAt} on
     */
    public static void write(
            LittleEndian file,
            long at,
            byte[] digests,
            int digestAt,
            int blobIndex,
            int flags,
            int compressedSize,
            int uncompressedSize,
            long compressedOffset,
            long uncompressedOffset,
            long fileOffset,
            int chunkIndex,
            int crc32c) {
        file.putBytes(at, digests, digestAt, Digester.LENGTH)
                .putU32(at + BLOB_INDEX, blobIndex)
                .putU32(at + FLAGS, flags)
                .putU32(at + COMPRESSED_SIZE, compressedSize)
                .putU32(at + UNCOMPRESSED_SIZE, uncompressedSize)
                .putU64(at + COMPRESSED_OFFSET, compressedOffset)
                .putU64(at + UNCOMPRESSED_OFFSET, uncompressedOffset)
                .putU64(at + FILE_OFFSET, fileOffset)
                .putU32(at + CHUNK_INDEX, chunkIndex)
                .putU32(at + CRC, crc32c);
    }

    /** The blob index of the record at {@code at}, unchecked. */
    public static long blobIndex(LittleEndian file, long at) {
        return file.u32(at + BLOB_INDEX);
    }

    static int flags(LittleEndian file, long at) {
        return file.bits32(at + FLAGS);
    }

    static int compressedSize(LittleEndian file, long at) {
        return file.u31(at + COMPRESSED_SIZE);
    }

    static int uncompressedSize(LittleEndian file, long at) {
        return file.u31(at + UNCOMPRESSED_SIZE);
    }

    /** The compressed offset of the record at {@code at}. */
    public static long compressedOffset(LittleEndian file, long at) {
        return file.u64(at + COMPRESSED_OFFSET);
    }

    static long uncompressedOffset(LittleEndian file, long at) {
        return file.u64(at + UNCOMPRESSED_OFFSET);
    }

    static long chunkIndex(LittleEndian file, long at) {
        return file.u32(at + CHUNK_INDEX);
    }

    static int crc32c(LittleEndian file, long at) {
        return file.bits32(at + CRC);
    }
}
