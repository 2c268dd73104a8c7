package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.FileType;

/**
 * A directory entry of EROFS, 12 bytes, little-endian: {@code u64 nid, u16 name offset in the
 * block, u8 file type, u8 0}. A block holds its entries and then their names; the first name offset
 * tells how many entries there are. docs/formats/rafs-v6.md#directories
 */
public final class Dirent {
    public static final int SIZE = 12;

    static final int NAME_OFFSET = 8;
    static final int FILE_TYPE = 10;

    private Dirent() {}

    /** Writes one entry; {@code nameOffset} counts from the start of the block. */
    public static void write(LittleEndian file, long at, long nid, int nameOffset, FileType type) {
        file.putU64(at, nid)
                .putU16(at + NAME_OFFSET, nameOffset)
                .putU8(at + FILE_TYPE, type.erofsType());
    }
}
