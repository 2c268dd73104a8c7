package dev.naiad.linux;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;

/**
 * What statx(2) says about a file.
 *
 * @param mode type and permissions
 * @param device {@link #device(int, int)} of the file system
 * @param rdevice {@link #device(int, int)} of a device node
 * @param blocks in units of 512 bytes
 * @param mountId of the mount it is seen in (kernel 5.8 and later; 0 before)
 */
public record Stat(
        int mode,
        long uid,
        long gid,
        long links,
        long inode,
        long size,
        long blocks,
        int blockSize,
        long device,
        long rdevice,
        Instant atime,
        Instant mtime,
        Instant ctime,
        long mountId) {
    public static final int S_IFMT = 0xf000;
    public static final int S_IFIFO = 0x1000;
    public static final int S_IFCHR = 0x2000;
    public static final int S_IFDIR = 0x4000;
    public static final int S_IFBLK = 0x6000;
    public static final int S_IFREG = 0x8000;
    public static final int S_IFLNK = 0xa000;
    public static final int S_IFSOCK = 0xc000;

    /** struct statx, 256 bytes (linux/stat.h). */
    static final int SIZE = 256;

    private static final int BLOCK_SIZE = 4;
    private static final int LINKS = 16;
    private static final int UID = 20;
    private static final int GID = 24;
    private static final int MODE = 28;
    private static final int INODE = 32;
    private static final int FILE_SIZE = 40;
    private static final int BLOCKS = 48;
    private static final int ATIME = 64;
    private static final int CTIME = 96;
    private static final int MTIME = 112;
    private static final int RDEV_MAJOR = 128;
    private static final int RDEV_MINOR = 132;
    private static final int DEV_MAJOR = 136;
    private static final int DEV_MINOR = 140;
    private static final int MOUNT_ID = 144;

    static Stat read(MemorySegment s) {
        return new Stat(
                Short.toUnsignedInt(s.get(ValueLayout.JAVA_SHORT, MODE)),
                u32(s, UID),
                u32(s, GID),
                u32(s, LINKS),
                s.get(ValueLayout.JAVA_LONG, INODE),
                s.get(ValueLayout.JAVA_LONG, FILE_SIZE),
                s.get(ValueLayout.JAVA_LONG, BLOCKS),
                s.get(ValueLayout.JAVA_INT, BLOCK_SIZE),
                device((int) u32(s, DEV_MAJOR), (int) u32(s, DEV_MINOR)),
                device((int) u32(s, RDEV_MAJOR), (int) u32(s, RDEV_MINOR)),
                time(s, ATIME),
                time(s, MTIME),
                time(s, CTIME),
                s.get(ValueLayout.JAVA_LONG, MOUNT_ID));
    }

    private static long u32(MemorySegment s, int at) {
        return Integer.toUnsignedLong(s.get(ValueLayout.JAVA_INT, at));
    }

    private static Instant time(MemorySegment s, int at) {
        return Instant.ofEpochSecond(
                s.get(ValueLayout.JAVA_LONG, at), s.get(ValueLayout.JAVA_INT, at + 8));
    }

    /** A device number as glibc's makedev makes it. */
    public static long device(int major, int minor) {
        return ((major & 0xfffL) << 8)
                | ((major & 0xfffff000L) << 32)
                | (minor & 0xffL)
                | ((minor & 0xffffff00L) << 12);
    }

    /** The major part of a device number. */
    public static int major(long device) {
        return (int) (((device >>> 8) & 0xfff) | ((device >>> 32) & 0xfffff000L));
    }

    /** The minor part of a device number. */
    public static int minor(long device) {
        return (int) ((device & 0xff) | ((device >>> 12) & 0xffffff00L));
    }

    /** The permission bits with setuid, setgid and sticky. */
    public int permissions() {
        return mode & 0xfff;
    }

    /** The type bits, one of the constants. */
    public int type() {
        return mode & S_IFMT;
    }

    /** Whether it is a directory. */
    public boolean isDirectory() {
        return type() == S_IFDIR;
    }

    /** Whether it is a regular file. */
    public boolean isRegular() {
        return type() == S_IFREG;
    }

    /** Whether it is a symbolic link. */
    public boolean isSymlink() {
        return type() == S_IFLNK;
    }
}
