package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.LayerHint;

/**
 * An EROFS inode, little-endian: 64 bytes (extended; all that current builders write) or 32
 * (compact). docs/formats/rafs-v6.md#inode
 *
 * <pre>
 *           format xattr-count mode size   union ino uid    gid    mtime-sec mtime-nsec nlink
 * extended  0 u16  2 u16       4 u16 8 u64 16    20  24 u32 28 u32 32 u64    40 u32     44 u32
 * compact   0 u16  2 u16       4 u16 8 u32 16    20  24 u16 26 u16 -         -          6 u16
 * </pre>
 */
public final class ErofsInode {
    public static final int COMPACT = 32;
    public static final int EXTENDED = 64;

    /** Inodes lie on such boundaries; a nid counts them. */
    public static final int SLOT = 32;

    /** Data layouts, from the format word. */
    public static final int FLAT_PLAIN = 0;

    public static final int FLAT_INLINE = 2;
    public static final int CHUNK_BASED = 4;

    /** The chunk format word's bit for 8-byte index records. */
    public static final int CHUNK_INDEXES = 0x20;

    private static final int XATTR_COUNT = 2;
    private static final int MODE = 4;
    private static final int COMPACT_NLINK = 6;
    private static final int SIZE = 8;
    private static final int UNION = 16;
    private static final int INO = 20;
    private static final int UID = 24;
    private static final int COMPACT_GID = 26;
    private static final int GID = 28;
    private static final int MTIME = 32;
    private static final int MTIME_NANOS = 40;
    private static final int NLINK = 44;
    private static final int HINT = 48; // reserved by EROFS

    private ErofsInode() {}

    static boolean isExtended(LittleEndian file, long at) {
        return (file.u16(at) & 1) != 0;
    }

    /** The data layout; other bits of the format word must be 0. */
    static int layout(LittleEndian file, long at) {
        int format = file.u16(at);
        int layout = format >> 1 & 7;
        if (format >> 4 != 0
                || (layout != FLAT_PLAIN && layout != FLAT_INLINE && layout != CHUNK_BASED)) {
            throw file.corrupt(
                    at,
                    "an inode format with layout 0, 2 or 4",
                    "0x" + Integer.toHexString(format));
        }
        return layout;
    }

    /** Bytes of inline attributes behind the inode. */
    static int xattrSize(LittleEndian file, long at) {
        int count = file.u16(at + XATTR_COUNT);
        return count == 0 ? 0 : XattrArea.HEADER + 4 * (count - 1);
    }

    static int mode(LittleEndian file, long at) {
        return file.u16(at + MODE);
    }

    static long size(LittleEndian file, long at, boolean extended) {
        return extended ? file.u64(at + SIZE) : file.u32(at + SIZE);
    }

    static long union(LittleEndian file, long at) {
        return file.u32(at + UNION);
    }

    static long uid(LittleEndian file, long at, boolean extended) {
        return extended ? file.u32(at + UID) : file.u16(at + UID);
    }

    static long gid(LittleEndian file, long at, boolean extended) {
        return extended ? file.u32(at + GID) : file.u16(at + COMPACT_GID);
    }

    static long mtimeSeconds(LittleEndian file, long at, boolean extended) {
        return extended ? file.bits64(at + MTIME) : 0;
    }

    static long mtimeNanos(LittleEndian file, long at, boolean extended) {
        return extended ? file.u32(at + MTIME_NANOS) : 0;
    }

    static long linkCount(LittleEndian file, long at, boolean extended) {
        return extended ? file.u32(at + NLINK) : file.u16(at + COMPACT_NLINK);
    }

    static long hint(LittleEndian file, long at, boolean extended) {
        return extended ? file.u32(at + HINT) : 0;
    }

    /** Writes a {@link LayerHint} into an extended inode. */
    public static void writeHint(LittleEndian file, long at, LayerHint hint) {
        file.putU32(at + HINT, hint.code());
    }

    /** Writes an extended inode's first 48 bytes. */
    public static void write(
            LittleEndian file,
            long at,
            int layout,
            int xattrSize,
            int mode,
            long size,
            long union,
            long ino,
            long uid,
            long gid,
            long mtimeSeconds,
            int mtimeNanos,
            long linkCount) {
        file.putU16(at, layout << 1 | 1)
                .putU16(
                        at + XATTR_COUNT,
                        xattrSize == 0 ? 0 : 1 + (xattrSize - XattrArea.HEADER) / 4)
                .putU16(at + MODE, mode)
                .putU64(at + SIZE, size)
                .putU32(at + UNION, union)
                .putU32(at + INO, ino)
                .putU32(at + UID, uid)
                .putU32(at + GID, gid)
                .putU64(at + MTIME, mtimeSeconds)
                .putU32(at + MTIME_NANOS, mtimeNanos)
                .putU32(at + NLINK, linkCount);
    }
}
