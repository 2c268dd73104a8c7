package dev.naiad.rafs.v5;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.LayerHint;

/**
 * A v5 inode, 128 bytes, little-endian; behind it name, symlink target, attributes and chunk
 * records, each padded to 8. docs/formats/rafs-v5.md#inode
 *
 * <pre>
 *  0 digest 32 | 32 parent u64 | 40 ino u64 | 48 uid u32 | 52 gid u32 | 56 projid u32 | 60 mode u32 | 64 size u64
 * 72 blocks u64 | 80 flags u64 | 88 nlink u32 | 92 child index u32 | 96 child count u32 | 100 name size u16
 * 102 symlink size u16 | 104 rdev u32 | 108 mtime nsec u32 | 112 mtime sec u64 | 120 reserved 8
 * </pre>
 */
public final class V5InodeRecord {
    public static final int SIZE = 128;

    public static final int FLAG_SYMLINK = 1;
    public static final int FLAG_HARDLINK = 2;
    public static final int FLAG_XATTR = 4;
    public static final int FLAG_HAS_HOLE = 8;

    static final int PARENT = 32;
    static final int INO = 40;
    static final int UID = 48;
    static final int GID = 52;
    static final int MODE = 60;
    static final int FILE_SIZE = 64;
    static final int BLOCKS = 72;
    static final int FLAGS = 80;
    static final int NLINK = 88;
    static final int CHILD_INDEX = 92;
    static final int CHILD_COUNT = 96;
    static final int NAME_SIZE = 100;
    static final int SYMLINK_SIZE = 102;
    static final int RDEV = 104;
    static final int MTIME_NANOS = 108;
    static final int MTIME = 112;
    static final int HINT = 120; // reserved

    private V5InodeRecord() {}

    /**
     * What a writer puts into a record; its name and what follows it are written by {@link #write}
     * too.
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record Fields(
            byte[] digest,
            long parent,
            long ino,
            long uid,
            long gid,
            int mode,
            long size,
            long blocks,
            long flags,
            long links,
            long childIndex,
            long childCount,
            byte[] name,
            byte[] symlink,
            long rdev,
            int mtimeNanos,
            long mtimeSeconds) {}

    /** Where the attributes (or chunk records) begin. */
    public static long variableEnd(long at, int nameSize, int symlinkSize) {
        return at + SIZE + align(nameSize) + align(symlinkSize);
    }

    public static long align(long size) {
        return size + 7 & ~7L;
    }

    public static void write(LittleEndian file, long at, Fields f) {
        file.putBytes(at, f.digest)
                .putU64(at + PARENT, f.parent)
                .putU64(at + INO, f.ino)
                .putU32(at + UID, f.uid)
                .putU32(at + GID, f.gid)
                .putU32(at + MODE, f.mode)
                .putU64(at + FILE_SIZE, f.size)
                .putU64(at + BLOCKS, f.blocks)
                .putU64(at + FLAGS, f.flags)
                .putU32(at + NLINK, f.links)
                .putU32(at + CHILD_INDEX, f.childIndex)
                .putU32(at + CHILD_COUNT, f.childCount)
                .putU16(at + NAME_SIZE, f.name.length)
                .putU16(at + SYMLINK_SIZE, f.symlink.length)
                .putU32(at + RDEV, f.rdev)
                .putU32(at + MTIME_NANOS, f.mtimeNanos)
                .putU64(at + MTIME, f.mtimeSeconds)
                .putBytes(at + SIZE, f.name)
                .putBytes(at + SIZE + align(f.name.length), f.symlink);
    }

    /** Writes a {@link LayerHint}. */
    public static void writeHint(LittleEndian file, long at, LayerHint hint) {
        file.putU32(at + HINT, hint.code());
    }

    static byte[] digest(LittleEndian file, long at) {
        return file.bytes(at, Digester.LENGTH);
    }
}
