package dev.naiad.rafs.v6;

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
}
