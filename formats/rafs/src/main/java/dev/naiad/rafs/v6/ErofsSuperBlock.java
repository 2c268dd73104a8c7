package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;

/**
 * EROFS superblock: 128 bytes at 1024, little-endian, with the values that RAFS v6 allows.
 * docs/formats/rafs-v6.md#superblock
 *
 * @param blockBits 12, or 9 in tarfs images
 * @param inos directory entries, the root included
 * @param blocks blocks of all data blobs; 4096 whatever they hold in old images
 * @param metaBlock block at which nid 0 would be
 */
public record ErofsSuperBlock(
        int blockBits, int rootNid, long inos, long blocks, long metaBlock, int extraDevices) {
    public static final int OFFSET = 1024;
    public static final int SIZE = 128;
    public static final long MAGIC = 0xE0F5_E1E2L;

    /** feature_compat: this EROFS is a RAFS v6. */
    public static final long COMPAT_RAFS = 0x4000_0000;

    /** feature_incompat: chunked files and a device table, exactly. */
    public static final long INCOMPAT = 0xC;

    /** Where the device slots begin, in units of 128 bytes. */
    public static final int DEVICE_SLOT = 11;

    private static final int CHECKSUM = 4;
    private static final int FEATURE_COMPAT = 8;
    private static final int BLOCK_BITS = 12;
    private static final int EXTENSION_SLOTS = 13;
    private static final int ROOT_NID = 14;
    private static final int INOS = 16;
    private static final int BLOCKS = 36;
    private static final int META_BLOCK = 40;
    private static final int XATTR_BLOCK = 44;
    private static final int FEATURE_INCOMPAT = 80;
    private static final int UNION = 84;
    private static final int EXTRA_DEVICES = 86;
    private static final int DEVICE_TABLE_SLOT = 88;

    /** Whether the magic number is there. */
    public static boolean matches(LittleEndian file) {
        return file.size() >= OFFSET + SIZE && file.u32(OFFSET) == MAGIC;
    }

    /** Decodes and checks it. */
    public static ErofsSuperBlock read(LittleEndian file) {
        var at = file.slice(OFFSET, SIZE, file.name() + " (EROFS superblock)");
        expect(at, 0, MAGIC, at.u32(0));
        expect(at, CHECKSUM, 0, at.u32(CHECKSUM));
        if ((at.u32(FEATURE_COMPAT) & COMPAT_RAFS) == 0) {
            throw at.corrupt(
                    FEATURE_COMPAT,
                    "the RAFS v6 feature bit",
                    "0x" + Long.toHexString(at.u32(FEATURE_COMPAT)));
        }
        int blockBits = at.u8(BLOCK_BITS);
        if (blockBits != 12 && blockBits != 9) {
            throw at.corrupt(BLOCK_BITS, "block bits 12 or 9", Integer.toString(blockBits));
        }
        expect(at, EXTENSION_SLOTS, 0, at.u8(EXTENSION_SLOTS));
        expect(at, XATTR_BLOCK, 0, at.u32(XATTR_BLOCK));
        expect(at, FEATURE_INCOMPAT, INCOMPAT, at.u32(FEATURE_INCOMPAT));
        expect(at, UNION, 0, at.u16(UNION));
        expect(at, DEVICE_TABLE_SLOT, DEVICE_SLOT, at.u16(DEVICE_TABLE_SLOT));
        long inos = at.u64(INOS);
        if (inos == 0) {
            throw at.corrupt(INOS, "at least one inode", "0");
        }
        long blocks = at.u32(BLOCKS);
        int devices = at.u16(EXTRA_DEVICES);
        // compat: builders before 2.2 store 4096 here whatever the image holds.
        if (devices == 0 && blocks != 0 && blocks != 4096) {
            throw at.corrupt(
                    BLOCKS, "0 or 4096 blocks in an image without blobs", Long.toString(blocks));
        }
        return new ErofsSuperBlock(
                blockBits, at.u16(ROOT_NID), inos, blocks, at.u32(META_BLOCK), devices);
    }

    public void write(LittleEndian file) {
        file.slice(OFFSET, SIZE, "EROFS superblock")
                .putU32(0, MAGIC)
                .putU32(FEATURE_COMPAT, COMPAT_RAFS)
                .putU8(BLOCK_BITS, blockBits)
                .putU16(ROOT_NID, rootNid)
                .putU64(INOS, inos)
                .putU32(BLOCKS, blocks)
                .putU32(META_BLOCK, metaBlock)
                .putU32(FEATURE_INCOMPAT, INCOMPAT)
                .putU16(EXTRA_DEVICES, extraDevices)
                .putU16(DEVICE_TABLE_SLOT, DEVICE_SLOT);
    }

    public int blockSize() {
        return 1 << blockBits;
    }

    private static void expect(LittleEndian at, int offset, long wanted, long found) {
        if (wanted != found) {
            throw at.corrupt(
                    offset, "0x" + Long.toHexString(wanted), "0x" + Long.toHexString(found));
        }
    }
}
