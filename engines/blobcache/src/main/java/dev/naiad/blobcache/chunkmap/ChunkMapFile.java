package dev.naiad.blobcache.chunkmap;

import dev.naiad.base.bytes.LittleEndian;
import java.lang.foreign.MemorySegment;

/**
 * Layout of {@code <blob>.blob.data.chunk_map}, little-endian
 * (docs/formats/blobcache.md#chunk-map):
 *
 * <pre>
 *    0  u32  magic      0x424D4150
 *    4  u32  version    1
 *    8  u32  magic2     0x434D4150
 *   12  u32  all ready  0x4D4D4150, else 0
 *   16       zero
 * 4096       ceil(chunks / 8) bytes, chunk 0 is the highest bit of the first
 * </pre>
 */
final class ChunkMapFile {
    static final int HEADER_SIZE = 4096;

    private static final int MAGIC_AT = 0;
    private static final int VERSION_AT = 4;
    private static final int MAGIC2_AT = 8;
    private static final int ALL_READY_AT = 12;

    private static final long MAGIC = 0x424D_4150L;
    private static final long VERSION = 1;
    private static final long MAGIC2 = 0x434D_4150L;
    private static final long ALL_READY = 0x4D4D_4150L;

    private ChunkMapFile() {}

    /** The length of the file, to the byte: any other length is another blob's map or none. */
    static long sizeOf(int chunks) {
        return HEADER_SIZE + (chunks + 7L) / 8;
    }

    /** A new map: nothing ready. */
    static byte[] empty(int chunks) {
        var file = new byte[Math.toIntExact(sizeOf(chunks))];
        writeHeader(MemorySegment.ofArray(file));
        return file;
    }

    static void writeHeader(MemorySegment file) {
        LittleEndian.slice(file, 0, HEADER_SIZE, "chunk map header")
                .putU32(VERSION_AT, VERSION)
                .putU32(MAGIC2_AT, MAGIC2)
                .putU32(MAGIC_AT, MAGIC);
    }

    static boolean isHeader(MemorySegment file) {
        var header = LittleEndian.slice(file, 0, HEADER_SIZE, "chunk map header");
        long allReady = header.u32(ALL_READY_AT);
        return header.u32(MAGIC_AT) == MAGIC
                && header.u32(VERSION_AT) == VERSION
                && header.u32(MAGIC2_AT) == MAGIC2
                && (allReady == 0 || allReady == ALL_READY);
    }

    static boolean isMarkedAllReady(MemorySegment file) {
        return LittleEndian.slice(file, 0, HEADER_SIZE, "chunk map header").u32(ALL_READY_AT)
                == ALL_READY;
    }

    static void markAllReady(MemorySegment file, boolean all) {
        LittleEndian.slice(file, 0, HEADER_SIZE, "chunk map header")
                .putU32(ALL_READY_AT, all ? ALL_READY : 0);
    }

    /**
     * compat: the original makes the file, then writes the header. A file of zeros of the right
     * size is one that is being made (or was, when its maker died), not a corrupt one.
     */
    static boolean isUnborn(MemorySegment file) {
        for (long at = 0; at < file.byteSize(); at++) {
            if (file.get(java.lang.foreign.ValueLayout.JAVA_BYTE, at) != 0) {
                return false;
            }
        }
        return true;
    }
}
