package dev.naiad.linux;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Owns a file descriptor. Safe for use by many threads: a close that meets calls of other threads
 * takes effect when the last of them returns, so that no call ever reaches a number that was given
 * out anew. It does not wake them: shut the socket or abort the connection for that. Memory passed
 * in is borrowed for the call; heap segments are copied through native memory. A call that blocks
 * pins its carrier: use platform threads for those.
 */
public final class Fd implements AutoCloseable {
    private static final int CLOSED = 1 << 30;
    private static final int AT_FDCWD = -100;

    private final int number;
    private final String name;

    // Calls in flight; CLOSED is added by close.
    private final AtomicInteger users = new AtomicInteger();

    private Fd(int number, String name) {
        this.number = number;
        this.name = name;
    }

    /** Takes ownership of an open descriptor; {@code name} is for errors. */
    public static Fd adopt(int number, String name) {
        if (number < 0) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, name + ": " + number + " is not a descriptor");
        }
        return new Fd(number, name);
    }

    /** Opens a file; O_CLOEXEC is added. {@code mode} counts with O_CREAT, less the umask. */
    public static Fd open(RawPath path, int flags, int mode) {
        return openAt(AT_FDCWD, path, flags, mode);
    }

    /** {@link #open(RawPath, int, int)} of Java's path. */
    public static Fd open(Path path, int flags, int mode) {
        return open(RawPath.of(path), flags, mode);
    }

    /** Opens for reading. */
    public static Fd openRead(Path path) {
        return open(path, Open.O_RDONLY, 0);
    }

    /** Opens a file below this directory. */
    public Fd openAt(RawPath path, int flags, int mode) {
        return use(directory -> openAt(directory, path, flags, mode));
    }

    private static Fd openAt(int directory, RawPath path, int flags, int mode) {
        try (var arena = Arena.ofConfined()) {
            long address = path.allocate(arena).address();
            long fd =
                    Kernel.retry(
                            () ->
                                    Kernel.call(
                                            Syscall.OPENAT,
                                            directory,
                                            address,
                                            flags | Open.O_CLOEXEC,
                                            mode));
            return new Fd((int) Kernel.check(fd, path.toString()), path.toString());
        }
    }

    /** The number, for a call that takes it; this object must stay open meanwhile. */
    public int number() {
        if ((users.get() & CLOSED) != 0) {
            throw closed();
        }
        return number;
    }

    /** Names the file in errors. */
    public String name() {
        return name;
    }

    /** Whether close was called. */
    public boolean isClosed() {
        return (users.get() & CLOSED) != 0;
    }

    /** A call that gets the number while the descriptor cannot be closed. */
    @FunctionalInterface
    public interface Call<T> {
        /** Uses the number. */
        T with(int fd);
    }

    /** Runs {@code call}; a close meanwhile waits for it. */
    public <T> T use(Call<T> call) {
        enter();
        try {
            return call.with(number);
        } finally {
            leave();
        }
    }

    private void enter() {
        if ((users.incrementAndGet() & CLOSED) != 0) {
            leave();
            throw closed();
        }
    }

    private void leave() {
        // Exactly one caller sees the count reach "closed, nobody inside"; the second bit then
        // keeps late comers from seeing it again.
        if (users.decrementAndGet() == CLOSED
                && users.compareAndSet(CLOSED, CLOSED | CLOSED << 1)) {
            closeNow();
        }
    }

    private NaiadException closed() {
        return new NaiadException(ErrorKind.FAILED_PRECONDITION, name + " is closed");
    }

    private void closeNow() {
        long result = Kernel.call(Syscall.CLOSE, number);
        // After close(2) the number is free even if it failed with EINTR; other failures tell of
        // lost writes.
        if (result < 0 && result != -Errno.EINTR.number()) {
            throw ErrnoException.of((int) -result, "close " + name);
        }
    }

    /** Closes, or lets the last call in flight do it. */
    @Override
    public void close() {
        while (true) {
            int now = users.get();
            if ((now & CLOSED) != 0) {
                return;
            }
            if (users.compareAndSet(now, now + CLOSED)) {
                break;
            }
        }
        if (users.compareAndSet(CLOSED, CLOSED | CLOSED << 1)) {
            closeNow();
        }
    }

    /** Reads up to the target's size from the current position; 0 at the end. */
    public long read(MemorySegment target) {
        return Kernel.check(transfer(Syscall.READ, target, 0, true), "read " + name);
    }

    /**
     * Like {@link #read}, but a failure is its errno negated: for loops that expect some, such as
     * on /dev/fuse. No retry after EINTR.
     */
    public long tryRead(MemorySegment target) {
        enter();
        try {
            return Kernel.transfer(Syscall.READ, number, target, target.byteSize(), 0);
        } finally {
            leave();
        }
    }

    /** Writes at the current position; answers how many bytes were taken. */
    public long write(MemorySegment source) {
        return Kernel.check(transfer(Syscall.WRITE, source, 0, false), "write " + name);
    }

    /** Reads up to the target's size at {@code offset}; 0 at the end. */
    public long pread(MemorySegment target, long offset) {
        return Kernel.check(transfer(Syscall.PREAD64, target, offset, true), "read " + name);
    }

    /**
     * Fills the target from {@code offset}.
     *
     * @throws NaiadException OUT_OF_RANGE if the file ends before
     */
    public void preadFully(MemorySegment target, long offset) {
        long done = 0;
        while (done < target.byteSize()) {
            long n = pread(target.asSlice(done), offset + done);
            if (n == 0) {
                throw new NaiadException(
                        ErrorKind.OUT_OF_RANGE,
                        name
                                + ": "
                                + target.byteSize()
                                + " bytes at "
                                + offset
                                + " lie beyond the end");
            }
            done += n;
        }
    }

    /** Writes at {@code offset}; answers how many bytes were taken. */
    public long pwrite(MemorySegment source, long offset) {
        return Kernel.check(transfer(Syscall.PWRITE64, source, offset, false), "write " + name);
    }

    /** Writes all of the source at {@code offset}. */
    public void pwriteFully(MemorySegment source, long offset) {
        for (long done = 0; done < source.byteSize(); ) {
            done += pwrite(source.asSlice(done), offset + done);
        }
    }

    /** Writes all of the source at the current position. */
    public void writeFully(MemorySegment source) {
        for (long done = 0; done < source.byteSize(); ) {
            done += write(source.asSlice(done));
        }
    }

    private long transfer(Syscall syscall, MemorySegment memory, long offset, boolean intoMemory) {
        enter();
        try {
            if (memory.isNative()) {
                return Kernel.retry(
                        () -> Kernel.transfer(syscall, number, memory, memory.byteSize(), offset));
            }
            try (var arena = Arena.ofConfined()) {
                MemorySegment copy = arena.allocate(Math.max(1, memory.byteSize()));
                if (!intoMemory) {
                    MemorySegment.copy(memory, 0, copy, 0, memory.byteSize());
                }
                long n =
                        Kernel.retry(
                                () ->
                                        Kernel.transfer(
                                                syscall, number, copy, memory.byteSize(), offset));
                if (intoMemory && n > 0) {
                    MemorySegment.copy(copy, 0, memory, 0, n);
                }
                return n;
            }
        } finally {
            leave();
        }
    }

    private long number(Syscall syscall, long b, long c, long d) {
        enter();
        try {
            return Kernel.retry(() -> Kernel.call(syscall, number, b, c, d));
        } finally {
            leave();
        }
    }

    /** Brings data and metadata to the disk. */
    public void sync() {
        Kernel.check(number(Syscall.FSYNC, 0, 0, 0), "sync " + name);
    }

    /** Sets the size. */
    public void truncate(long size) {
        Kernel.check(number(Syscall.FTRUNCATE, size, 0, 0), "truncate " + name);
    }

    /** fallocate(2) with mode 0 (grow), 1 (keep the size), or 3 (punch a hole). */
    public void allocate(int mode, long offset, long length) {
        Kernel.check(number(Syscall.FALLOCATE, mode, offset, length), "allocate " + name);
    }

    /** posix_fadvise: 0 normal, 1 random, 2 sequential, 3 will need, 4 do not need, 5 no reuse. */
    public void advise(long offset, long length, int advice) {
        Kernel.check(number(Syscall.FADVISE64, offset, length, advice), "advise " + name);
    }

    /** The attributes. */
    public Stat stat() {
        return use(fd -> RawFiles.statx(fd, RawPath.of(""), 0x1000, name));
    }

    /** The size in bytes; a device's size counts as 0. */
    public long size() {
        return stat().size();
    }

    /** Sets the permissions, whatever the umask. */
    public void chmod(int mode) {
        Kernel.check(number(Syscall.FCHMOD, mode, 0, 0), "chmod " + name);
    }

    /** Sets the owner. */
    public void chown(long uid, long gid) {
        Kernel.check(number(Syscall.FCHOWN, uid, gid, 0), "chown " + name);
    }

    /** Takes an advisory lock on the open file; answers whether it was free. Never waits. */
    public boolean tryLock(boolean exclusive) {
        long result = number(Syscall.FLOCK, (exclusive ? 2 : 1) | 4, 0, 0);
        if (result == -Errno.EAGAIN.number()) {
            return false;
        }
        Kernel.check(result, "lock " + name);
        return true;
    }

    /** Gives the lock back. */
    public void unlock() {
        Kernel.check(number(Syscall.FLOCK, 8, 0, 0), "unlock " + name);
    }

    /** ioctl(2) with a number or none; answers the result, a failure as its errno negated. */
    public long tryIoctl(long request, long argument) {
        return number(Syscall.IOCTL, request, argument, 0);
    }

    /** ioctl(2) with memory; answers the result, a failure as its errno negated. */
    public long tryIoctl(long request, MemorySegment argument) {
        return number(Syscall.IOCTL, request, argument.address(), 0);
    }

    /** Another descriptor of the same open file. */
    public Fd duplicate() {
        return new Fd((int) Kernel.check(number(Syscall.FCNTL, 1030, 0, 0), "dup " + name), name);
    }

    /** {@code fd 7 (/path)}. */
    @Override
    public String toString() {
        return "fd " + number + " (" + name + ")";
    }
}
