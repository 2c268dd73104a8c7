package dev.naiad.linux;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A file mapped into memory. Map only files that nobody can truncate: a page beyond the end ends
 * the process. Safe for use by many threads; close waits for nobody: accesses afterwards throw.
 */
public final class MappedFile implements ByteSource, AutoCloseable {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int MAP_SHARED = 1;

    private final String name;
    private final Arena arena;
    private final MemorySegment segment;

    private MappedFile(String name, Arena arena, MemorySegment segment) {
        this.name = name;
        this.arena = arena;
        this.segment = segment;
    }

    /** Maps a whole file for reading. The descriptor may be closed afterwards. */
    public static MappedFile readOnly(Fd fd) {
        return map(fd, 0, fd.size(), false);
    }

    /** Maps a part of a file; {@code offset} is a multiple of the page size. */
    @SuppressWarnings("MustBeClosedChecker") // closed by close
    public static MappedFile map(Fd fd, long offset, long length, boolean writable) {
        Arena arena = Arena.ofShared();
        if (length == 0) {
            return new MappedFile(fd.name(), arena, MemorySegment.NULL);
        }
        int protection = writable ? PROT_READ | PROT_WRITE : PROT_READ;
        long address =
                fd.use(
                        n ->
                                Kernel.call(
                                        Syscall.MMAP,
                                        0,
                                        length,
                                        protection,
                                        MAP_SHARED,
                                        n,
                                        offset));
        // Addresses are positive; the kernel's errors are small negative numbers.
        if (address < 0) {
            arena.close();
            throw ErrnoException.of((int) -address, "map " + fd.name());
        }
        MemorySegment mapped =
                MemorySegment.ofAddress(address)
                        .reinterpret(
                                length,
                                arena,
                                s -> Kernel.call(Syscall.MUNMAP, s.address(), length));
        return new MappedFile(fd.name(), arena, writable ? mapped : mapped.asReadOnly());
    }

    /** The memory; gone after close. */
    public MemorySegment segment() {
        return segment;
    }

    /**
     * madvise(2): 1 random, 2 sequential, 3 will need, 4 do not need. Advice may fail without harm.
     */
    public void advise(int advice) {
        if (segment.byteSize() > 0) {
            Kernel.call(Syscall.MADVISE, segment.address(), segment.byteSize(), advice);
        }
    }

    @Override
    public long size() {
        return segment.byteSize();
    }

    @Override
    public void read(long offset, MemorySegment target) {
        if (offset < 0 || target.byteSize() > segment.byteSize() - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name
                            + ": "
                            + target.byteSize()
                            + " bytes at "
                            + offset
                            + " lie beyond the end ("
                            + size()
                            + ")");
        }
        MemorySegment.copy(segment, offset, target, 0, target.byteSize());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }
}
