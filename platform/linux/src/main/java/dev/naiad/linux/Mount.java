package dev.naiad.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** mount(2) and umount2(2). Mounts belong to the caller's mount namespace. */
public final class Mount {
    public static final long MS_RDONLY = 1;
    public static final long MS_NOSUID = 2;
    public static final long MS_NODEV = 4;
    public static final long MS_NOEXEC = 8;
    public static final long MS_REMOUNT = 32;
    public static final long MS_NOATIME = 1024;
    public static final long MS_BIND = 4096;
    public static final long MS_MOVE = 8192;
    public static final long MS_REC = 16384;
    public static final long MS_PRIVATE = 1 << 18;
    public static final long MS_SLAVE = 1 << 19;
    public static final long MS_SHARED = 1 << 20;
    public static final int MNT_FORCE = 1;
    public static final int MNT_DETACH = 2;
    public static final int UMOUNT_NOFOLLOW = 8;

    private Mount() {}

    /**
     * Mounts; empty {@code type} and {@code data} are passed as null.
     *
     * @throws ErrnoException what the kernel says, with source, target and type
     */
    public static void mount(String source, RawPath target, String type, long flags, String data) {
        try (var arena = Arena.ofConfined()) {
            long done =
                    Kernel.call(
                            Syscall.MOUNT,
                            arena.allocateFrom(source).address(),
                            target.allocate(arena).address(),
                            orNull(arena, type),
                            flags,
                            orNull(arena, data),
                            0);
            Kernel.check(
                    done, "mount " + (type.isEmpty() ? "" : type + " ") + source + " on " + target);
        }
    }

    private static long orNull(Arena arena, String text) {
        return text.isEmpty() ? MemorySegment.NULL.address() : arena.allocateFrom(text).address();
    }

    /** Shows a directory or file at another place as well. */
    public static void bind(RawPath source, RawPath target) {
        mount(source.toString(), target, "", MS_BIND, "");
    }

    /** Ends a mount. */
    public static void umount(RawPath target, int flags) {
        Kernel.check(tryUmount(target, flags), "umount " + target);
    }

    /** Ends a mount; a failure is its errno negated. */
    public static long tryUmount(RawPath target, int flags) {
        try (var arena = Arena.ofConfined()) {
            return Kernel.call(Syscall.UMOUNT2, target.allocate(arena).address(), flags);
        }
    }

    /**
     * Ends a mount if there is one, lazily if it is in use; for cleaning up. Answers whether there
     * was one.
     */
    public static boolean umountIfMounted(RawPath target) {
        long result = tryUmount(target, UMOUNT_NOFOLLOW);
        if (result == -Errno.EBUSY.number()) {
            result = tryUmount(target, UMOUNT_NOFOLLOW | MNT_DETACH);
        }
        if (result == -Errno.EINVAL.number() || result == -Errno.ENOENT.number()) {
            return false;
        }
        Kernel.check(result, "umount " + target);
        return true;
    }
}
