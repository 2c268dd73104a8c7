package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;

/**
 * Where a chunk of a file lies, 8 bytes, little-endian, behind the inode. EROFS's fields carry more
 * than EROFS knows: docs/formats/rafs-v6.md#chunk-index
 *
 * <pre>
 * 0 u16 chunk index bits 0..15 | 2 u8 blob index + 1 | 3 u8 chunk index bits 16..23 | 4 u32 block in the uncompressed blob
 * </pre>
 */
public final class ChunkIndexRecord {
    public static final int SIZE = 8;

    private ChunkIndexRecord() {}

    static int blobIndex(LittleEndian file, long at) {
        return file.u8(at + 2) - 1;
    }

    static int chunkIndex(LittleEndian file, long at) {
        return file.u16(at) | file.u8(at + 3) << 16;
    }

    static long block(LittleEndian file, long at) {
        return file.u32(at + 4);
    }

    public static void write(
            LittleEndian file, long at, int blobIndex, int chunkIndex, long block) {
        file.putU16(at, chunkIndex & 0xffff)
                .putU8(at + 2, blobIndex + 1)
                .putU8(at + 3, chunkIndex >>> 16)
                .putU32(at + 4, block);
    }

    /** Records begin on a multiple of 8. */
    public static long align(long position) {
        return position + SIZE - 1 & -SIZE;
    }
}
