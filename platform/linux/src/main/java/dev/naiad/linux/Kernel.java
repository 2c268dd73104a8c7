package dev.naiad.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Calls the kernel. Results follow the kernel's own convention: a negative value is an errno with
 * its sign changed. Segments passed as such stay alive for the call; addresses passed as numbers
 * must be kept alive by the caller.
 */
final class Kernel {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final long ERRNO_OFFSET =
            STATE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));

    private Kernel() {}

    /** A handle of {@code libc}'s function that captures errno in its first argument. */
    static MethodHandle function(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow(name),
                descriptor,
                Linker.Option.captureCallState("errno"));
    }

    /** A handle of {@code libc}'s function that reports no errno. */
    static MethodHandle plainFunction(String name, FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor);
    }

    private static MethodHandle syscall(FunctionDescriptor descriptor) {
        return LINKER.downcallHandle(
                LINKER.defaultLookup().findOrThrow("syscall"),
                descriptor,
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(1));
    }

    /** Six numbers: for everything that is rare, and for everything without memory. */
    private static final class Longs {
        static final MethodHandle CALL =
                syscall(
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                                JAVA_LONG, JAVA_LONG));
    }

    /** A descriptor, memory, two numbers: the shape of read, write, pread and pwrite. */
    private static final class Transfer {
        static final MethodHandle CALL =
                syscall(
                        FunctionDescriptor.of(
                                JAVA_LONG, JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, JAVA_LONG));
    }

    static long call(Syscall syscall, long a, long b, long c, long d, long e, long f) {
        MemorySegment state = Slots.take();
        try {
            long result = (long) Longs.CALL.invokeExact(state, syscall.number(), a, b, c, d, e, f);
            return result == -1 ? -state.get(JAVA_INT, ERRNO_OFFSET) : result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            Slots.give(state);
        }
    }

    static long call(Syscall syscall, long a, long b, long c, long d) {
        return call(syscall, a, b, c, d, 0, 0);
    }

    static long call(Syscall syscall, long a, long b, long c) {
        return call(syscall, a, b, c, 0, 0, 0);
    }

    static long call(Syscall syscall, long a, long b) {
        return call(syscall, a, b, 0, 0, 0, 0);
    }

    static long call(Syscall syscall, long a) {
        return call(syscall, a, 0, 0, 0, 0, 0);
    }

    static long transfer(Syscall syscall, int fd, MemorySegment memory, long length, long offset) {
        MemorySegment state = Slots.take();
        try {
            long result =
                    (long)
                            Transfer.CALL.invokeExact(
                                    state, syscall.number(), (long) fd, memory, length, offset);
            return result == -1 ? -state.get(JAVA_INT, ERRNO_OFFSET) : result;
        } catch (Throwable t) {
            throw unexpected(t);
        } finally {
            Slots.give(state);
        }
    }

    /** What a method handle may throw besides our own mistakes. */
    static RuntimeException unexpected(Throwable t) {
        if (t instanceof RuntimeException e) {
            return e;
        }
        if (t instanceof Error e) {
            throw e;
        }
        return new IllegalStateException(t);
    }

    /** Repeats a call that a signal interrupted. */
    interface Repeatable {
        long call();
    }

    static long retry(Repeatable call) {
        long result;
        do {
            result = call.call();
        } while (result == -Errno.EINTR.number());
        return result;
    }

    /** The result, or the failure of {@code what}. */
    static long check(long result, String what) {
        if (result < 0) {
            throw ErrnoException.of((int) -result, what);
        }
        return result;
    }

    /**
     * Places for errno, reused: an arena per call would cost more than the call, and thread locals
     * would pile up with virtual threads. There are never more than calls running at one time.
     */
    private static final class Slots {
        private static final int FAST = 64;
        private static final AtomicReferenceArray<MemorySegment> FREE =
                new AtomicReferenceArray<>(FAST);
        private static final ConcurrentLinkedQueue<MemorySegment> MORE =
                new ConcurrentLinkedQueue<>();

        static MemorySegment take() {
            int start = (int) Thread.currentThread().threadId();
            for (int i = 0; i < 4; i++) {
                MemorySegment slot = FREE.getAndSet(start + i & FAST - 1, null);
                if (slot != null) {
                    return slot;
                }
            }
            MemorySegment slot = MORE.poll();
            return slot != null ? slot : Arena.global().allocate(STATE);
        }

        static void give(MemorySegment slot) {
            int start = (int) Thread.currentThread().threadId();
            for (int i = 0; i < 4; i++) {
                if (FREE.compareAndSet(start + i & FAST - 1, null, slot)) {
                    return;
                }
            }
            MORE.add(slot);
        }
    }
}
