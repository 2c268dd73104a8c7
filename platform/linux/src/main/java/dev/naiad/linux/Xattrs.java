package dev.naiad.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Extended attributes of what a path names itself (links are not followed), or of an open file. */
public final class Xattrs {
    private static final int MAX = 64 << 10;

    private Xattrs() {}

    private interface Reader {
        long into(MemorySegment buffer);
    }

    /** The value, if the attribute is there. */
    public static Optional<byte[]> get(RawPath path, String name) {
        try (var arena = Arena.ofConfined()) {
            long file = path.allocate(arena).address();
            long key = arena.allocateFrom(name).address();
            return value(
                    arena,
                    b -> Kernel.call(Syscall.LGETXATTR, file, key, b.address(), b.byteSize()),
                    "getxattr " + name + " of " + path);
        }
    }

    /** The value, if the attribute is there. */
    public static Optional<byte[]> get(Fd fd, String name) {
        try (var arena = Arena.ofConfined()) {
            long key = arena.allocateFrom(name).address();
            return fd.use(
                    n ->
                            value(
                                    arena,
                                    b ->
                                            Kernel.call(
                                                    Syscall.FGETXATTR,
                                                    n,
                                                    key,
                                                    b.address(),
                                                    b.byteSize()),
                                    "getxattr " + name + " of " + fd.name()));
        }
    }

    private static Optional<byte[]> value(Arena arena, Reader reader, String what) {
        MemorySegment buffer = arena.allocate(MAX);
        long length = reader.into(buffer);
        if (length == -Errno.ENODATA.number() || length == -Errno.EOPNOTSUPP.number()) {
            return Optional.empty();
        }
        Kernel.check(length, what);
        return Optional.of(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
    }

    /** The names; none where the file system has no attributes. */
    public static List<String> list(RawPath path) {
        try (var arena = Arena.ofConfined()) {
            long file = path.allocate(arena).address();
            return names(
                    arena,
                    b -> Kernel.call(Syscall.LLISTXATTR, file, b.address(), b.byteSize()),
                    "listxattr of " + path);
        }
    }

    /** The names; none where the file system has no attributes. */
    public static List<String> list(Fd fd) {
        try (var arena = Arena.ofConfined()) {
            return fd.use(
                    n ->
                            names(
                                    arena,
                                    b ->
                                            Kernel.call(
                                                    Syscall.FLISTXATTR,
                                                    n,
                                                    b.address(),
                                                    b.byteSize()),
                                    "listxattr of " + fd.name()));
        }
    }

    private static List<String> names(Arena arena, Reader reader, String what) {
        byte[] all = value(arena, reader, what).orElseGet(() -> new byte[0]);
        var names = new ArrayList<String>();
        int start = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] == 0) {
                names.add(new String(all, start, i - start, StandardCharsets.UTF_8));
                start = i + 1;
            }
        }
        return names;
    }

    /** Sets an attribute. */
    public static void set(RawPath path, String name, byte[] value) {
        try (var arena = Arena.ofConfined()) {
            long file = path.allocate(arena).address();
            long key = arena.allocateFrom(name).address();
            MemorySegment bytes = copy(arena, value);
            long done =
                    Kernel.call(Syscall.LSETXATTR, file, key, bytes.address(), value.length, 0, 0);
            Kernel.check(done, "setxattr " + name + " of " + path);
        }
    }

    /** Sets an attribute. */
    public static void set(Fd fd, String name, byte[] value) {
        try (var arena = Arena.ofConfined()) {
            long key = arena.allocateFrom(name).address();
            MemorySegment bytes = copy(arena, value);
            fd.use(
                    n ->
                            Kernel.check(
                                    Kernel.call(
                                            Syscall.FSETXATTR,
                                            n,
                                            key,
                                            bytes.address(),
                                            value.length,
                                            0,
                                            0),
                                    "setxattr " + name + " of " + fd.name()));
        }
    }

    /** Removes an attribute. */
    public static void remove(RawPath path, String name) {
        try (var arena = Arena.ofConfined()) {
            long file = path.allocate(arena).address();
            long key = arena.allocateFrom(name).address();
            Kernel.check(
                    Kernel.call(Syscall.LREMOVEXATTR, file, key),
                    "removexattr " + name + " of " + path);
        }
    }

    private static MemorySegment copy(Arena arena, byte[] value) {
        MemorySegment bytes = arena.allocate(Math.max(1, value.length));
        MemorySegment.copy(value, 0, bytes, ValueLayout.JAVA_BYTE, 0, value.length);
        return bytes;
    }
}
