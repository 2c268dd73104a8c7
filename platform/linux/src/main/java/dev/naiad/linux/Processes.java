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

    /** Whether this process acts as root. */
    public static boolean isRoot() {
        return Kernel.call(Syscall.GETEUID, 0) == 0;
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

    /**
     * Moves the calling <em>thread</em> into a namespace, such as an opened {@code
     * /run/netns/NAME}.
     */
    public static void enterNamespace(Fd namespace, int type) {
        namespace.use(
                n ->
                        Kernel.check(
                                Kernel.call(Syscall.SETNS, n, type), "setns " + namespace.name()));
    }

    /** prctl(2) with numbers; a failure is its errno negated. */
    public static long prctl(int option, long a, long b, long c, long d) {
        return Kernel.call(Syscall.PRCTL, option, a, b, c, d, 0);
    }

    /** How many processors this process may use. */
    public static int allowedProcessors() {
        try (var arena = Arena.ofConfined()) {
            MemorySegment mask = arena.allocate(1024, 8);
            long bytes =
                    Kernel.check(
                            Kernel.call(
                                    Syscall.SCHED_GETAFFINITY, 0, mask.byteSize(), mask.address()),
                            "sched_getaffinity");
            int count = 0;
            for (long at = 0; at < bytes; at++) {
                count += Integer.bitCount(mask.get(ValueLayout.JAVA_BYTE, at) & 0xff);
            }
            return count;
        }
    }
}
