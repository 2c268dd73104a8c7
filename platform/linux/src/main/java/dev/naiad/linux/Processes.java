package dev.naiad.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/** Signals, waiting, limits and namespaces of processes. */
public final class Processes {
    public static final int CLONE_NEWNS = 0x20000;
    public static final int CLONE_NEWUSER = 0x10000000;
    public static final int CLONE_NEWNET = 0x40000000;
    public static final int RLIMIT_NOFILE = 7;
    public static final int RLIMIT_MEMLOCK = 8;

    private static final int WNOHANG = 1;

    private Processes() {}

    /** This process. */
    public static long self() {
        return Kernel.call(Syscall.GETPID, 0);
    }

    /** The effective user of this process. */
    public static long effectiveUser() {
        return Kernel.call(Syscall.GETEUID, 0);
    }

    /** Whether this process acts as root. */
    public static boolean isRoot() {
        return effectiveUser() == 0;
    }

    /**
     * Sends a signal; answers whether the process (or its zombie) was there. A negative pid means a
     * group.
     */
    public static boolean kill(long pid, int signal) {
        long result = Kernel.call(Syscall.KILL, pid, signal);
        if (result == -Errno.ESRCH.number()) {
            return false;
        }
        Kernel.check(result, "kill " + pid);
        return true;
    }

    /** Whether the process (or its zombie) is there. */
    public static boolean exists(long pid) {
        return Kernel.call(Syscall.KILL, pid, 0) != -Errno.ESRCH.number();
    }

    /**
     * Takes away the zombie of a child made by {@link Spawn}: its exit code, or 128 + signal;
     * nothing while it runs. Never call it for a child of ProcessBuilder, which Java itself awaits.
     */
    public static OptionalInt reap(long pid) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(ValueLayout.JAVA_INT);
            long result =
                    Kernel.retry(
                            () -> Kernel.call(Syscall.WAIT4, pid, status.address(), WNOHANG, 0));
            if (result == -Errno.ECHILD.number() || result == 0) {
                return OptionalInt.empty();
            }
            Kernel.check(result, "wait for " + pid);
            int word = status.get(ValueLayout.JAVA_INT, 0);
            int signal = word & 0x7f;
            return OptionalInt.of(signal == 0 ? word >> 8 & 0xff : 128 + signal);
        }
    }

    /** A limit: what holds, and how far it may be raised without privilege. */
    public record Limit(long soft, long hard) {}

    /** The process's limit. */
    public static Limit limit(int resource) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(16, 8);
            Kernel.check(
                    Kernel.call(Syscall.PRLIMIT64, 0, resource, 0, old.address()), "getrlimit");
            return new Limit(old.get(ValueLayout.JAVA_LONG, 0), old.get(ValueLayout.JAVA_LONG, 8));
        }
    }

    /** Sets the process's limit. */
    public static void setLimit(int resource, Limit limit) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment wanted = arena.allocate(16, 8);
            wanted.set(ValueLayout.JAVA_LONG, 0, limit.soft());
            wanted.set(ValueLayout.JAVA_LONG, 8, limit.hard());
            Kernel.check(
                    Kernel.call(Syscall.PRLIMIT64, 0, resource, wanted.address(), 0), "setrlimit");
        }
    }

    /**
     * Gives the calling <em>thread</em> namespaces of its own; use it on a platform thread that
     * ends afterwards.
     */
    public static void unshare(int flags) {
        Kernel.check(Kernel.call(Syscall.UNSHARE, flags), "unshare");
    }
}
