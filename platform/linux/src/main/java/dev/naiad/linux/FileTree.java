package dev.naiad.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Walks whole directory trees through directory descriptors: any file name bytes, whatever the
 * locale of this process; paths of any length; nothing followed, neither symbolic links nor mounts.
 * Each call blocks: use a platform thread.
 */
public final class FileTree {
    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int O_DIRECTORY_NOFOLLOW_CLOEXEC = 0x80000 | directoryFlags();
    private static final int BASIC_STATS_AND_MOUNT = 0x7ff | 0x1000;
    private static final int ENOENT = 2;
    private static final int EBUSY = 16;

    // statx(2): 16 u32 links, 28 u16 mode, 32 u64 inode, 48 u64 blocks of 512, 136/140 u32 device,
    // 144 u64 mount
    private static final int STATX_SIZE = 256;
    private static final int STATX_MODE = 28;
    private static final int STATX_INODE = 32;
    private static final int STATX_BLOCKS = 48;
    private static final int STATX_DEVICE = 136;
    private static final int STATX_MOUNT = 144;
    private static final int S_IFMT = 0xf000;
    private static final int S_IFDIR = 0x4000;

    // getdents64(2): 16 u16 record length, 19 name, NUL terminated
    private static final int DIRENT_LENGTH = 16;
    private static final int DIRENT_NAME = 19;
    private static final int BUFFER = 32 * 1024;

    /**
     * What a tree occupies: allocated bytes, and inodes (one that has several names counts once).
     */
    public record Size(long bytes, long inodes) {}

    private record Inode(long device, long number) {}

    private FileTree() {}

    /** Of the architectures Naiad runs on only arm64 numbers these two flags differently. */
    private static int directoryFlags() {
        boolean arm = System.getProperty("os.arch").equals("aarch64");
        return arm ? 0x4000 | 0x8000 : 0x10000 | 0x20000;
    }

    /**
     * The size of everything at and below {@code root}; other file systems mounted below are left
     * out. Files that vanish meanwhile are not counted.
     */
    public static Size size(Path root) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var walk = new Walk(arena, root);
            Stat top = walk.stat(AT_FDCWD, walk.rootName());
            walk.count(top);
            if (top.isDirectory()) {
                walk.measure(AT_FDCWD, walk.rootName(), top.mount());
            }
            return new Size(walk.bytes, walk.seen.size());
        }
    }

    /**
     * Deletes everything at and below {@code root}; nothing happens if it does not exist.
     *
     * @throws IOException if something is mounted below (what is mounted stays untouched), or a
     *     file cannot be removed
     */
    public static void delete(Path root) throws IOException {
        try (var arena = Arena.ofConfined()) {
            var walk = new Walk(arena, root);
            Stat top;
            try {
                top = walk.stat(AT_FDCWD, walk.rootName());
            } catch (Gone e) {
                return;
            }
            Stat parent =
                    walk.stat(AT_FDCWD, walk.name(parentOf(root).getBytes(StandardCharsets.UTF_8)));
            if (parent.mount() != top.mount()) {
                throw walk.failure("delete", EBUSY);
            }
            walk.remove(AT_FDCWD, walk.rootName(), top);
        }
    }

    private static String parentOf(Path root) {
        Path parent = root.toAbsolutePath().getParent();
        return parent == null ? "/" : parent.toString();
    }

    private record Stat(Inode inode, boolean isDirectory, long blocks, long mount) {}

    /** A file that was there a moment ago. */
    private static final class Gone extends IOException {
        Gone(String what) {
            super(what);
        }
    }

    private static final class Walk {
        private final Arena arena;
        private final Path root;
        private final MemorySegment errno;
        private final MemorySegment stat;
        final Set<Inode> seen = new HashSet<>();
        long bytes;

        Walk(Arena arena, Path root) {
            this.arena = arena;
            this.root = root;
            this.errno = arena.allocate(Calls.STATE);
            this.stat = arena.allocate(STATX_SIZE, 8);
        }

        MemorySegment rootName() {
            return arena.allocateFrom(root.toAbsolutePath().toString());
        }

        MemorySegment name(byte[] bytes) {
            return name(arena, bytes);
        }

        private static MemorySegment name(SegmentAllocator allocator, byte[] bytes) {
            MemorySegment segment = allocator.allocate(bytes.length + 1L);
            MemorySegment.copy(bytes, 0, segment, JAVA_BYTE, 0, bytes.length);
            segment.set(JAVA_BYTE, bytes.length, (byte) 0);
            return segment;
        }

        void count(Stat file) {
            if (seen.add(file.inode())) {
                bytes += file.blocks() * 512;
            }
        }

        void measure(int directory, MemorySegment name, long mount) throws IOException {
            int fd;
            try {
                fd = open(directory, name);
            } catch (Gone e) {
                return;
            }
            try (var scratch = Arena.ofConfined()) {
                for (byte[] child : list(fd)) {
                    MemorySegment childName = name(scratch, child);
                    Stat file;
                    try {
                        file = stat(fd, childName);
                    } catch (Gone e) {
                        continue;
                    }
                    if (file.mount() != mount) {
                        continue;
                    }
                    count(file);
                    if (file.isDirectory()) {
                        measure(fd, childName, mount);
                    }
                }
            } finally {
                close(fd);
            }
        }

        void remove(int directory, MemorySegment name, Stat file) throws IOException {
            if (file.isDirectory()) {
                int fd = open(directory, name);
                try (var scratch = Arena.ofConfined()) {
                    for (byte[] child : list(fd)) {
                        MemorySegment childName = name(scratch, child);
                        try {
                            Stat below = stat(fd, childName);
                            if (below.mount() != file.mount()) {
                                throw failure(
                                        "delete "
                                                + new String(child, StandardCharsets.UTF_8)
                                                + " below",
                                        EBUSY);
                            }
                            remove(fd, childName, below);
                        } catch (Gone e) {
                            // Somebody else removed it: what was wanted.
                        }
                    }
                } finally {
                    close(fd);
                }
            }
            int result =
                    Calls.unlinkat(errno, directory, name, file.isDirectory() ? AT_REMOVEDIR : 0);
            if (result < 0) {
                throw failure("delete");
            }
        }

        Stat stat(int directory, MemorySegment name) throws IOException {
            int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT;
            if (Calls.statx(errno, directory, name, flags, BASIC_STATS_AND_MOUNT, stat) < 0) {
                throw failure("stat");
            }
            return new Stat(
                    new Inode(
                            stat.get(JAVA_LONG_UNALIGNED, STATX_DEVICE),
                            stat.get(JAVA_LONG_UNALIGNED, STATX_INODE)),
                    (stat.get(JAVA_SHORT_UNALIGNED, STATX_MODE) & S_IFMT) == S_IFDIR,
                    stat.get(JAVA_LONG_UNALIGNED, STATX_BLOCKS),
                    stat.get(JAVA_LONG_UNALIGNED, STATX_MOUNT));
        }

        private int open(int directory, MemorySegment name) throws IOException {
            int fd = Calls.openat(errno, directory, name, O_DIRECTORY_NOFOLLOW_CLOEXEC);
            if (fd < 0) {
                throw failure("open");
            }
            return fd;
        }

        private List<byte[]> list(int fd) throws IOException {
            var names = new ArrayList<byte[]>();
            try (var scratch = Arena.ofConfined()) {
                MemorySegment buffer = scratch.allocate(BUFFER, 8);
                for (long n = read(fd, buffer); n > 0; n = read(fd, buffer)) {
                    for (long at = 0; at < n; ) {
                        int length =
                                Short.toUnsignedInt(
                                        buffer.get(JAVA_SHORT_UNALIGNED, at + DIRENT_LENGTH));
                        MemorySegment entry = buffer.asSlice(at, length);
                        int end = DIRENT_NAME;
                        while (entry.get(JAVA_BYTE, end) != 0) {
                            end++;
                        }
                        byte[] name =
                                entry.asSlice(DIRENT_NAME, end - DIRENT_NAME).toArray(JAVA_BYTE);
                        if (!isDot(name)) {
                            names.add(name);
                        }
                        at += length;
                    }
                }
            }
            return names;
        }

        private static boolean isDot(byte[] name) {
            return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
        }

        private long read(int fd, MemorySegment buffer) throws IOException {
            long n = Calls.getdents64(errno, fd, buffer);
            if (n < 0) {
                throw failure("list");
            }
            return n;
        }

        private static void close(int fd) {
            Calls.close(fd);
        }

        private IOException failure(String what) {
            return failure(what, errno.get(JAVA_INT_UNALIGNED, Calls.ERRNO_OFFSET));
        }

        IOException failure(String what, int number) {
            String text =
                    what
                            + " "
                            + root
                            + ": "
                            + (number == ENOENT
                                    ? "not found"
                                    : number == EBUSY
                                            ? "something is mounted there"
                                            : "errno " + number);
            return number == ENOENT ? new Gone(text) : new IOException(text);
        }
    }

    /** The five calls; loaded when the first tree is walked. */
    private static final class Calls {
        static final StructLayout STATE = Linker.Option.captureStateLayout();
        static final long ERRNO_OFFSET =
                STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
        private static final Linker LINKER = Linker.nativeLinker();
        private static final MethodHandle OPENAT =
                variadic(
                        "openat",
                        3,
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
        private static final MethodHandle STATX =
                handle(
                        "statx",
                        FunctionDescriptor.of(
                                JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS));
        private static final MethodHandle UNLINKAT =
                handle("unlinkat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
        private static final MethodHandle GETDENTS64 =
                handle(
                        "getdents64",
                        FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG));
        private static final MethodHandle CLOSE =
                LINKER.downcallHandle(
                        LINKER.defaultLookup().findOrThrow("close"),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT));

        private Calls() {}

        private static MethodHandle handle(String name, FunctionDescriptor shape) {
            return LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow(name),
                    shape,
                    Linker.Option.captureCallState("errno"));
        }

        private static MethodHandle variadic(
                String name, int firstVariadic, FunctionDescriptor shape) {
            return LINKER.downcallHandle(
                    LINKER.defaultLookup().findOrThrow(name),
                    shape,
                    Linker.Option.captureCallState("errno"),
                    Linker.Option.firstVariadicArg(firstVariadic));
        }

        static int openat(MemorySegment errno, int directory, MemorySegment name, int flags) {
            try {
                return (int) OPENAT.invokeExact(errno, directory, name, flags, 0);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        static int statx(
                MemorySegment errno,
                int directory,
                MemorySegment name,
                int flags,
                int mask,
                MemorySegment stat) {
            try {
                return (int) STATX.invokeExact(errno, directory, name, flags, mask, stat);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        static int unlinkat(MemorySegment errno, int directory, MemorySegment name, int flags) {
            try {
                return (int) UNLINKAT.invokeExact(errno, directory, name, flags);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        static long getdents64(MemorySegment errno, int fd, MemorySegment buffer) {
            try {
                return (long) GETDENTS64.invokeExact(errno, fd, buffer, buffer.byteSize());
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }

        @SuppressWarnings(
                "unused") // the result: a directory that was only read cannot fail to close
        // usefully
        static void close(int fd) {
            try {
                int result = (int) CLOSE.invokeExact(fd);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        }
    }
}
