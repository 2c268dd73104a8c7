package dev.naiad.rafs.v5;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.SuperFlags;

/**
 * RAFS v5 superblock: 8192 bytes at 0, little-endian. docs/formats/rafs-v5.md#superblock
 *
 * @param inodes distinct inodes
 * @param entries of the inode table: one per name
 * @param blobTableSize bytes, {@code extendedEntries} and {@code prefetchEntries} are counts
 */
public record V5SuperBlock(
        int chunkSize,
        long flags,
        long inodes,
        long inodeTable,
        long prefetchTable,
        long blobTable,
        int entries,
        int prefetchEntries,
        int blobTableSize,
        int extendedEntries,
        long extendedTable) {
    public static final int SIZE = 8192;
    public static final long MAGIC = 0x5241_4653;
    public static final int VERSION = 0x500;

    /** Bytes of a record of the extended blob table. */
    public static final int EXTENDED_SIZE = 64;

    private static final int VERSION_FIELD = 4;
    private static final int SIZE_FIELD = 8;
    private static final int CHUNK_SIZE = 12;
    private static final int FLAGS = 16;
    private static final int INODES = 24;
    private static final int INODE_TABLE = 32;
    private static final int PREFETCH_TABLE = 40;
    private static final int BLOB_TABLE = 48;
    private static final int ENTRIES = 56;
    private static final int PREFETCH_ENTRIES = 60;
    private static final int BLOB_TABLE_SIZE = 64;
    private static final int EXTENDED_ENTRIES = 68;
    private static final int EXTENDED_TABLE = 72;

    static boolean matches(LittleEndian file) {
        return file.size() > SIZE && file.u32(0) == MAGIC;
    }

    static V5SuperBlock read(LittleEndian file) {
        var at = file.slice(0, SIZE, file.name() + " (RAFS v5 superblock)");
        if (at.u32(VERSION_FIELD) != VERSION || at.u32(SIZE_FIELD) != SIZE) {
            throw at.corrupt(
                    VERSION_FIELD,
                    "version 0x500 with 8192 bytes",
                    "version 0x"
                            + Long.toHexString(at.u32(VERSION_FIELD))
                            + " with "
                            + at.u32(SIZE_FIELD));
        }
        if (file.size() % 8 != 0) {
            throw at.corrupt(-1, "a length in multiples of 8", file.size() + " bytes");
        }
        long chunkSize = at.u32(CHUNK_SIZE);
        if (!BlobLimits.isChunkSize(chunkSize)) {
            throw at.corrupt(
                    CHUNK_SIZE,
                    "a chunk size that is a power of two from 4096 to 16777216",
                    Long.toString(chunkSize));
        }
        long flags = at.bits64(FLAGS);
        if ((flags & ~SuperFlags.KNOWN) != 0) {
            throw at.corrupt(FLAGS, "known flags", "0x" + Long.toHexString(flags));
        }
        var result =
                new V5SuperBlock(
                        (int) chunkSize,
                        flags,
                        at.u64(INODES),
                        at.u64(INODE_TABLE),
                        at.u64(PREFETCH_TABLE),
                        at.u64(BLOB_TABLE),
                        at.u31(ENTRIES),
                        at.u31(PREFETCH_ENTRIES),
                        at.u31(BLOB_TABLE_SIZE),
                        at.u31(EXTENDED_ENTRIES),
                        at.u64(EXTENDED_TABLE));
        result.check(at, file.size());
        return result;
    }

    private void check(LittleEndian at, long fileSize) {
        if (entries == 0 || inodes == 0 || inodes > entries) {
            throw at.corrupt(
                    INODES,
                    "at least one and at most " + entries + " inodes",
                    Long.toString(inodes));
        }
        table(at, INODE_TABLE, inodeTable, 4L * entries, fileSize);
        if (prefetchEntries > 0) {
            table(at, PREFETCH_TABLE, prefetchTable, 4L * prefetchEntries, fileSize);
        }
        if (blobTableSize > 0) {
            table(at, BLOB_TABLE, blobTable, blobTableSize, fileSize);
            apart(at, inodeTable, 4L * entries, blobTable, blobTableSize);
        }
        if (extendedEntries > 0) {
            table(
                    at,
                    EXTENDED_TABLE,
                    extendedTable,
                    (long) EXTENDED_SIZE * extendedEntries,
                    fileSize);
            apart(
                    at,
                    blobTable,
                    blobTableSize,
                    extendedTable,
                    (long) EXTENDED_SIZE * extendedEntries);
        }
    }

    private static void table(LittleEndian at, int field, long offset, long size, long fileSize) {
        if (offset % 8 != 0 || offset < SIZE || offset > fileSize || size > fileSize - offset) {
            throw at.corrupt(
                    field, "a table at a multiple of 8 inside the file", offset + "+" + size);
        }
    }

    private static void apart(LittleEndian at, long a, long aSize, long b, long bSize) {
        if (a < b + bSize && b < a + aSize) {
            throw at.corrupt(
                    BLOB_TABLE,
                    "tables that do not overlap",
                    a + "+" + aSize + " and " + b + "+" + bSize);
        }
    }

    public void write(LittleEndian file) {
        file.slice(0, SIZE, "RAFS v5 superblock")
                .putU32(0, MAGIC)
                .putU32(VERSION_FIELD, VERSION)
                .putU32(SIZE_FIELD, SIZE)
                .putU32(CHUNK_SIZE, chunkSize)
                .putU64(FLAGS, flags)
                .putU64(INODES, inodes)
                .putU64(INODE_TABLE, inodeTable)
                .putU64(PREFETCH_TABLE, prefetchTable)
                .putU64(BLOB_TABLE, blobTable)
                .putU32(ENTRIES, entries)
                .putU32(PREFETCH_ENTRIES, prefetchEntries)
                .putU32(BLOB_TABLE_SIZE, blobTableSize)
                .putU32(EXTENDED_ENTRIES, extendedEntries)
                .putU64(EXTENDED_TABLE, extendedTable);
    }
}
