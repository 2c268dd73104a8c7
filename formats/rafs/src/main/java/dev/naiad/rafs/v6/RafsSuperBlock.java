package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.SuperFlags;

/**
 * The RAFS extension of the superblock: 256 bytes at 1152, little-endian.
 * docs/formats/rafs-v6.md#extended-superblock
 *
 * @param flags {@link SuperFlags}
 * @param blobTableSize bytes, as all sizes here
 */
public record RafsSuperBlock(
        long flags,
        long blobTableOffset,
        long blobTableSize,
        int chunkSize,
        long chunkTableOffset,
        long chunkTableSize,
        long prefetchOffset,
        long prefetchSize) {
    public static final int OFFSET = ErofsSuperBlock.OFFSET + ErofsSuperBlock.SIZE;
    public static final int SIZE = 256;

    /** Tables begin on such a boundary, in tarfs images too. */
    public static final int ALIGNMENT = 4096;

    private static final int BLOB_TABLE_OFFSET = 8;
    private static final int BLOB_TABLE_SIZE = 16;
    private static final int CHUNK_SIZE = 20;
    private static final int CHUNK_TABLE_OFFSET = 24;
    private static final int CHUNK_TABLE_SIZE = 32;
    private static final int PREFETCH_OFFSET = 40;
    private static final int PREFETCH_SIZE = 48;

    /** Decodes it and checks that the tables lie inside the file and apart from each other. */
    public static RafsSuperBlock read(LittleEndian file) {
        var at = file.slice(OFFSET, SIZE, file.name() + " (RAFS superblock)");
        long flags = at.bits64(0);
        if ((flags & ~SuperFlags.KNOWN) != 0
                || Long.bitCount(flags & SuperFlags.COMPRESSION) != 1
                || Long.bitCount(flags & SuperFlags.HASH) != 1) {
            throw at.corrupt(
                    0,
                    "known flags with one compressor and one digester",
                    "0x" + Long.toHexString(flags));
        }
        long chunkSize = at.u32(CHUNK_SIZE);
        if (!BlobLimits.isChunkSize(chunkSize)) {
            throw at.corrupt(
                    CHUNK_SIZE,
                    "a chunk size that is a power of two from 4096 to 16777216",
                    Long.toString(chunkSize));
        }
        var result =
                new RafsSuperBlock(
                        flags,
                        at.u64(BLOB_TABLE_OFFSET),
                        at.u32(BLOB_TABLE_SIZE),
                        (int) chunkSize,
                        at.u64(CHUNK_TABLE_OFFSET),
                        at.u64(CHUNK_TABLE_SIZE),
                        at.u64(PREFETCH_OFFSET),
                        at.u32(PREFETCH_SIZE));
        result.check(at, file.size());
        return result;
    }

    private void check(LittleEndian at, long fileSize) {
        table(at, BLOB_TABLE_OFFSET, blobTableOffset, blobTableSize, BlobRecord.SIZE, fileSize);
        if (blobTableOffset % ALIGNMENT != 0 || blobTableOffset < ALIGNMENT) {
            throw at.corrupt(
                    BLOB_TABLE_OFFSET, "a multiple of 4096", Long.toString(blobTableOffset));
        }
        if (chunkTableSize > 0) {
            table(
                    at,
                    CHUNK_TABLE_OFFSET,
                    chunkTableOffset,
                    chunkTableSize,
                    ChunkRecord.SIZE,
                    fileSize);
            if (chunkTableOffset % ALIGNMENT != 0 || chunkTableOffset < ALIGNMENT) {
                throw at.corrupt(
                        CHUNK_TABLE_OFFSET, "a multiple of 4096", Long.toString(chunkTableOffset));
            }
            apart(
                    at,
                    CHUNK_TABLE_OFFSET,
                    blobTableOffset,
                    blobTableSize,
                    chunkTableOffset,
                    chunkTableSize);
        }
        if (prefetchSize > 0) {
            table(at, PREFETCH_OFFSET, prefetchOffset, prefetchSize, 4, fileSize);
            if (prefetchOffset < ALIGNMENT) {
                throw at.corrupt(
                        PREFETCH_OFFSET,
                        "an offset behind the superblock",
                        Long.toString(prefetchOffset));
            }
            apart(
                    at,
                    PREFETCH_OFFSET,
                    blobTableOffset,
                    blobTableSize,
                    prefetchOffset,
                    prefetchSize);
            if (chunkTableSize > 0) {
                apart(
                        at,
                        PREFETCH_OFFSET,
                        chunkTableOffset,
                        chunkTableSize,
                        prefetchOffset,
                        prefetchSize);
            }
        }
    }

    private static void table(
            LittleEndian at, int field, long offset, long size, int unit, long fileSize) {
        if (size % unit != 0) {
            throw at.corrupt(
                    field, "a table of whole records of " + unit + " bytes", size + " bytes");
        }
        if (offset > fileSize || size > fileSize - offset) {
            throw at.corrupt(
                    field, "a table inside the file (" + fileSize + " bytes)", offset + "+" + size);
        }
    }

    private static void apart(LittleEndian at, int field, long a, long aSize, long b, long bSize) {
        if (a < b + bSize && b < a + aSize) {
            throw at.corrupt(
                    field,
                    "tables that do not overlap",
                    a + "+" + aSize + " and " + b + "+" + bSize);
        }
    }

    public void write(LittleEndian file) {
        file.slice(OFFSET, SIZE, "RAFS superblock")
                .putU64(0, flags)
                .putU64(BLOB_TABLE_OFFSET, blobTableOffset)
                .putU32(BLOB_TABLE_SIZE, blobTableSize)
                .putU32(CHUNK_SIZE, chunkSize)
                .putU64(CHUNK_TABLE_OFFSET, chunkTableOffset)
                .putU64(CHUNK_TABLE_SIZE, chunkTableSize)
                .putU64(PREFETCH_OFFSET, prefetchOffset)
                .putU32(PREFETCH_SIZE, prefetchSize);
    }
}
