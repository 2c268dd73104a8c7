package dev.naiad.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * File operations that Java lacks or cannot do for every name. Symbolic links are never followed in
 * the last component, unless said.
 */
public final class RawFiles {
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int BASIC_STATS_AND_MOUNT = 0x7ff | 0x1000;

    private RawFiles() {}

    /**
     * An entry of a directory.
     *
     * @param name its bytes
     * @param type DT_ value: 4 directory, 8 regular, 10 symbolic link; 0 unknown
     */
    public record DirEntry(RawPath name, long inode, int type) {}

    static Stat statx(int directory, RawPath path, int flags, String what) {
        return Stat.read(statxInto(directory, path, flags, what));
    }

    private static MemorySegment statxInto(int directory, RawPath path, int flags, String what) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment result = arena.allocate(Stat.SIZE, 8);
            long address = path.allocate(arena).address();
            long done =
                    Kernel.call(
                            Syscall.STATX,
                            directory,
                            address,
                            flags,
                            BASIC_STATS_AND_MOUNT,
                            result.address(),
                            0);
            Kernel.check(done, "stat " + what);
            return MemorySegment.ofArray(result.toArray(ValueLayout.JAVA_LONG));
        }
    }

    /** The attributes of what the path names itself. */
    public static Stat lstat(RawPath path) {
        return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, path.toString());
    }

    /** The attributes of what the path leads to. */
    public static Stat stat(RawPath path) {
        return statx(AT_FDCWD, path, 0, path.toString());
    }

    /** {@link #lstat}, or nothing if there is no such file. */
    public static Optional<Stat> find(RawPath path) {
        try {
            return Optional.of(lstat(path));
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT) || e.is(Errno.ENOTDIR)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * Makes a node: a device, pipe, socket or empty file, by the type in {@code mode} less the
     * umask.
     */
    public static void mknod(RawPath path, int mode, long device) {
        onPath(Syscall.MKNODAT, path, mode, device, "mknod ");
    }

    /** Makes a directory, its mode less the umask. */
    public static void mkdir(RawPath path, int mode) {
        onPath(Syscall.MKDIRAT, path, mode, 0, "mkdir ");
    }

    /** What a name in an open directory stands for, links not followed, or nothing. */
    public static Optional<Stat> findAt(Fd directory, RawPath name) {
        try {
            return Optional.of(
                    directory.use(fd -> statx(fd, name, AT_SYMLINK_NOFOLLOW, in(directory, name))));
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** Renames within an open directory, replacing what is there. */
    public static void renameAt(Fd directory, RawPath from, RawPath to) {
        try (var arena = Arena.ofConfined()) {
            long a = from.allocate(arena).address();
            long b = to.allocate(arena).address();
            long done = directory.use(fd -> Kernel.call(Syscall.RENAMEAT2, fd, a, fd, b, 0, 0));
            Kernel.check(done, "rename " + in(directory, from) + " to " + to);
        }
    }

    /** Makes another name of a file in an open directory; fails if the name is taken. */
    public static void linkAt(RawPath existing, Fd directory, RawPath name) {
        try (var arena = Arena.ofConfined()) {
            long a = existing.allocate(arena).address();
            long b = name.allocate(arena).address();
            long done = directory.use(fd -> Kernel.call(Syscall.LINKAT, AT_FDCWD, a, fd, b, 0, 0));
            Kernel.check(done, "link " + in(directory, name));
        }
    }

    private static String in(Fd directory, RawPath name) {
        return directory.name() + "/" + name;
    }

    /** Removes an entry of an open directory. */
    public static void unlinkAt(Fd directory, RawPath name, boolean isDirectory) {
        try (var arena = Arena.ofConfined()) {
            long address = name.allocate(arena).address();
            long done =
                    directory.use(
                            fd ->
                                    Kernel.call(
                                            Syscall.UNLINKAT,
                                            fd,
                                            address,
                                            isDirectory ? AT_REMOVEDIR : 0));
            Kernel.check(done, "delete " + name + " in " + directory.name());
        }
    }

    /** Removes a file. */
    public static void unlink(RawPath path) {
        onPath(Syscall.UNLINKAT, path, 0, 0, "unlink ");
    }

    /** Removes an empty directory. */
    public static void rmdir(RawPath path) {
        onPath(Syscall.UNLINKAT, path, AT_REMOVEDIR, 0, "rmdir ");
    }

    /** Sets the permissions; follows links, because links have none. */
    public static void chmod(RawPath path, int mode) {
        onPath(Syscall.FCHMODAT, path, mode, 0, "chmod ");
    }

    private static void onPath(Syscall syscall, RawPath path, long b, long c, String what) {
        try (var arena = Arena.ofConfined()) {
            long address = path.allocate(arena).address();
            Kernel.check(Kernel.call(syscall, AT_FDCWD, address, b, c), what + path);
        }
    }

    /** Sets the owner of what the path names itself; -1 leaves one as it is. */
    public static void lchown(RawPath path, long uid, long gid) {
        try (var arena = Arena.ofConfined()) {
            long address = path.allocate(arena).address();
            long done =
                    Kernel.call(
                            Syscall.FCHOWNAT, AT_FDCWD, address, uid, gid, AT_SYMLINK_NOFOLLOW, 0);
            Kernel.check(done, "chown " + path);
        }
    }

    /** Sets the times of what the path names itself. */
    public static void setTimes(RawPath path, Instant atime, Instant mtime) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment times = arena.allocate(ValueLayout.JAVA_LONG, 4);
            times.setAtIndex(ValueLayout.JAVA_LONG, 0, atime.getEpochSecond());
            times.setAtIndex(ValueLayout.JAVA_LONG, 1, atime.getNano());
            times.setAtIndex(ValueLayout.JAVA_LONG, 2, mtime.getEpochSecond());
            times.setAtIndex(ValueLayout.JAVA_LONG, 3, mtime.getNano());
            long address = path.allocate(arena).address();
            long done =
                    Kernel.call(
                            Syscall.UTIMENSAT,
                            AT_FDCWD,
                            address,
                            times.address(),
                            AT_SYMLINK_NOFOLLOW);
            Kernel.check(done, "set times of " + path);
        }
    }

    /** Makes a symbolic link with any bytes as its target. */
    public static void symlink(byte[] target, RawPath link) {
        try (var arena = Arena.ofConfined()) {
            long to = RawPath.of(target).allocate(arena).address();
            long at = link.allocate(arena).address();
            Kernel.check(Kernel.call(Syscall.SYMLINKAT, to, AT_FDCWD, at), "symlink " + link);
        }
    }

    /** The target of a symbolic link. */
    public static byte[] readlink(RawPath link) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment target = arena.allocate(4097);
            long address = link.allocate(arena).address();
            long length =
                    Kernel.call(
                            Syscall.READLINKAT,
                            AT_FDCWD,
                            address,
                            target.address(),
                            target.byteSize());
            return target.asSlice(0, Kernel.check(length, "readlink " + link))
                    .toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Makes another name of a file. */
    public static void link(RawPath existing, RawPath link) {
        twoPaths(Syscall.LINKAT, existing, link, 0, "link ");
    }

    /** Renames, replacing what is there. */
    public static void rename(RawPath from, RawPath to) {
        twoPaths(Syscall.RENAMEAT2, from, to, 0, "rename ");
    }

    private static void twoPaths(
            Syscall syscall, RawPath from, RawPath to, int flags, String what) {
        try (var arena = Arena.ofConfined()) {
            long a = from.allocate(arena).address();
            long b = to.allocate(arena).address();
            long done = Kernel.call(syscall, AT_FDCWD, a, AT_FDCWD, b, flags, 0);
            Kernel.check(done, what + from + " to " + to);
        }
    }

    /** Sets the process's umask and answers the former one. It belongs to the whole process. */
    public static int umask(int mask) {
        return (int) Kernel.call(Syscall.UMASK, mask);
    }

    /** The entries of a directory in the kernel's order, without {@code .} and {@code ..}. */
    public static List<DirEntry> list(RawPath directory) {
        try (Fd fd = Fd.open(directory, Open.O_RDONLY | Open.O_DIRECTORY, 0)) {
            return list(fd);
        }
    }

    /**
     * {@link #list(RawPath)} of a directory that was opened for it: its position moves to the end.
     */
    static List<DirEntry> list(Fd directory) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(64 << 10, 8);
            var entries = new ArrayList<DirEntry>();
            while (true) {
                long n =
                        directory.use(
                                fd ->
                                        Kernel.transfer(
                                                Syscall.GETDENTS64,
                                                fd,
                                                buffer,
                                                buffer.byteSize(),
                                                0));
                Kernel.check(n, "list " + directory.name());
                if (n == 0) {
                    return entries;
                }
                for (long at = 0;
                        at < n;
                        at += buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16)) {
                    entry(buffer, at, entries);
                }
            }
        }
    }

    /** struct linux_dirent64: ino u64, off s64, reclen u16 @16, type u8 @18, name @19. */
    private static void entry(MemorySegment buffer, long at, List<DirEntry> entries) {
        long start = at + 19;
        long end = start;
        while (buffer.get(ValueLayout.JAVA_BYTE, end) != 0) {
            end++;
        }
        byte[] name = buffer.asSlice(start, end - start).toArray(ValueLayout.JAVA_BYTE);
        if (!Arrays.equals(name, new byte[] {'.'}) && !Arrays.equals(name, new byte[] {'.', '.'})) {
            long inode = buffer.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            entries.add(
                    new DirEntry(
                            RawPath.of(name), inode, buffer.get(ValueLayout.JAVA_BYTE, at + 18)));
        }
    }

    /** Free and total space of a file system, and its type number. */
    public record FileSystemStat(
            long type, long blockSize, long blocks, long freeBlocks, long availableBlocks) {}

    /** statfs(2) of the file system that holds the path. */
    public static FileSystemStat fileSystem(RawPath path) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(120, 8);
            long address = path.allocate(arena).address();
            Kernel.check(Kernel.call(Syscall.STATFS, address, s.address()), "statfs " + path);
            return new FileSystemStat(
                    s.get(ValueLayout.JAVA_LONG, 0),
                    s.get(ValueLayout.JAVA_LONG, 8),
                    s.get(ValueLayout.JAVA_LONG, 16),
                    s.get(ValueLayout.JAVA_LONG, 24),
                    s.get(ValueLayout.JAVA_LONG, 32));
        }
    }
}
