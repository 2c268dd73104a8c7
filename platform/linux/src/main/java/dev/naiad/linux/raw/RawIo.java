package dev.naiad.linux.raw;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * read, write and writev for one thread at a time. Each answers the number of bytes, or the negated
 * error number: {@code -EAGAIN} and its like are ordinary answers of a device, not exceptions.
 *
 * <p>Addresses are not checked: the caller guarantees that the memory is alive and long enough. A
 * blocking call must run on a platform thread (a virtual one would pin its carrier).
 */
public final class RawIo {
    private static final MethodHandle READ = io("read");
    private static final MethodHandle WRITE = io("write");
    private static final MethodHandle WRITEV =
            link("writev", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT));

    private final MemorySegment capturedErrno;

    /**
     * For one thread at a time.
     *
     * @param arena that holds the few bytes this object needs
     */
    public RawIo(Arena arena) {
        this.capturedErrno = arena.allocate(Linker.Option.captureStateLayout());
    }

    public long read(int fd, long address, long length) {
        try {
            return result((long) READ.invokeExact(capturedErrno, fd, address, length));
        } catch (Throwable t) {
            throw new AssertionError("read", t);
        }
    }

    public long write(int fd, long address, long length) {
        try {
            return result((long) WRITE.invokeExact(capturedErrno, fd, address, length));
        } catch (Throwable t) {
            throw new AssertionError("write", t);
        }
    }

    /**
     * Writes pieces as one.
     *
     * @param iovecs address of {@code count} pairs of address and length
     */
    public long writev(int fd, long iovecs, int count) {
        try {
            return result((long) WRITEV.invokeExact(capturedErrno, fd, iovecs, count));
        } catch (Throwable t) {
            throw new AssertionError("writev", t);
        }
    }

    private long result(long value) {
        return value >= 0 ? value : -capturedErrno.get(JAVA_INT, 0);
    }

    private static MethodHandle io(String name) {
        return link(name, FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG));
    }

    private static MethodHandle link(String name, FunctionDescriptor type) {
        var linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name),
                type,
                Linker.Option.captureCallState("errno"));
    }
}
