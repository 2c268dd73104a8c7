package dev.naiad.linux.raw;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Gets a thread out of a blocking system call without closing what it reads from: a real-time
 * signal whose handler does nothing, sent to that one thread, makes the call answer EINTR.
 *
 * <p>Why not poll with a wake-up descriptor: each request would cost two more system calls, and
 * level-triggered polling wakes every worker for each request, while a blocking read of /dev/fuse
 * wakes one.
 */
public final class WakeSignal {
    /** Not used by the JVM (which takes SIGRTMAX-2) nor by glibc (32, 33). */
    private static final int SIGNAL = 45;

    /**
     * {@code struct sigaction} of glibc on 64-bit Linux: handler, 128 bytes of mask, flags,
     * restorer.
     */
    private static final int SIGACTION_BYTES = 152;

    private static final MethodHandle GETTID = link("gettid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle GETPID = link("getpid", FunctionDescriptor.of(JAVA_INT));
    private static final MethodHandle TGKILL =
            link("tgkill", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));

    private final int processId;

    private WakeSignal(int processId) {
        this.processId = processId;
    }

    /** Installs the handler; more than once is harmless. */
    public static WakeSignal install() {
        var linker = Linker.nativeLinker();
        var lookup = linker.defaultLookup();
        MethodHandle sigaction =
                linker.downcallHandle(
                        lookup.findOrThrow("sigaction"),
                        FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_LONG));
        try (var arena = Arena.ofConfined()) {
            var action = arena.allocate(SIGACTION_BYTES, 8);
            // The handler must be native code that is safe at any moment and does nothing: getpid
            // is
            // both. No SA_RESTART, or the interrupted read would just go on.
            action.set(ADDRESS, 0, lookup.findOrThrow("getpid"));
            int failed = (int) sigaction.invokeExact(SIGNAL, action, 0L);
            if (failed != 0) {
                throw new IllegalStateException("sigaction(" + SIGNAL + ") is refused");
            }
            return new WakeSignal((int) GETPID.invokeExact());
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable t) {
            throw new AssertionError("sigaction", t);
        }
    }

    /** The kernel's id of the calling thread, which must be a platform thread. */
    public static int currentThreadId() {
        try {
            return (int) GETTID.invokeExact();
        } catch (Throwable t) {
            throw new AssertionError("gettid", t);
        }
    }

    /**
     * Interrupts whatever system call that thread of this process is blocked in; a thread that is
     * gone is fine.
     */
    public void wake(int threadId) {
        try {
            int _ = (int) TGKILL.invokeExact(processId, threadId, SIGNAL);
        } catch (Throwable t) {
            throw new AssertionError("tgkill", t);
        }
    }

    private static MethodHandle link(String name, FunctionDescriptor type) {
        var linker = Linker.nativeLinker();
        MemorySegment symbol = linker.defaultLookup().findOrThrow(name);
        return linker.downcallHandle(symbol, type);
    }
}
