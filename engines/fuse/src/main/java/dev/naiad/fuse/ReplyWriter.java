package dev.naiad.fuse;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.naiad.linux.raw.RawIo;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Writes replies of one thread at a time. The parts of a reply go out in one writev: nothing is
 * copied in Java, and the kernel takes a reply whole or not at all.
 */
final class ReplyWriter {
    /** The kernel's limit of parts in one writev, less the header. */
    static final int MAX_PARTS = 1023;

    private final int fd;
    private final RawIo io;
    private final MemorySegment header;
    private final MemorySegment iovecs;
    private final int maxParts;

    /**
     * @param maxParts that one reply may have besides its header
     */
    ReplyWriter(int fd, Arena arena, int maxParts) {
        this.fd = fd;
        this.maxParts = maxParts;
        this.io = new RawIo(arena);
        this.header = arena.allocate(FuseWire.OUT_HEADER, 8);
        this.iovecs = arena.allocate(16L * (maxParts + 1), 8);
    }

    RawIo io() {
        return io;
    }

    /** An answer without data: 0 or a (positive) error number. */
    long error(long unique, int errno) {
        fillHeader(unique, FuseWire.OUT_HEADER, -errno);
        return io.write(fd, header.address(), FuseWire.OUT_HEADER);
    }

    /** An answer that lies at {@code payload}. */
    long data(long unique, MemorySegment payload, long offset, int length) {
        fillHeader(unique, FuseWire.OUT_HEADER + (long) length, 0);
        iovec(0, header.address(), FuseWire.OUT_HEADER);
        iovec(1, payload.address() + offset, length);
        return io.writev(fd, iovecs.address(), length == 0 ? 1 : 2);
    }

    /** An answer in parts of native memory. */
    long parts(long unique, List<MemorySegment> parts) {
        if (parts.size() > maxParts) {
            throw new IllegalArgumentException("a reply of " + parts.size() + " parts");
        }
        long total = 0;
        iovec(0, header.address(), FuseWire.OUT_HEADER);
        for (int i = 0; i < parts.size(); i++) {
            var part = parts.get(i);
            iovec(i + 1, part.address(), part.byteSize());
            total += part.byteSize();
        }
        fillHeader(unique, FuseWire.OUT_HEADER + total, 0);
        return io.writev(fd, iovecs.address(), parts.size() + 1);
    }

    /** A message of the server's own; {@code body} may be empty. */
    long notification(int code, MemorySegment body) {
        fillHeader(0, FuseWire.OUT_HEADER + body.byteSize(), code);
        iovec(0, header.address(), FuseWire.OUT_HEADER);
        iovec(1, body.address(), body.byteSize());
        return io.writev(fd, iovecs.address(), body.byteSize() == 0 ? 1 : 2);
    }

    /** True if a failed write means no more than that nobody waits for the answer any longer. */
    static boolean isNobodyWaiting(long result) {
        // ENOENT: interrupted, aborted, or answered under its new number after a resend.
        // ENODEV, ECONNABORTED: the mount is gone; the worker finds out by its next read.
        return result == -FuseResult.ENOENT
                || result == -FuseResult.ENODEV
                || result == -FuseResult.ECONNABORTED;
    }

    private void fillHeader(long unique, long length, int error) {
        header.set(JAVA_INT, FuseWire.OUT_LENGTH, (int) length);
        header.set(JAVA_INT, FuseWire.OUT_ERROR, error);
        header.set(JAVA_LONG, FuseWire.OUT_UNIQUE, unique);
    }

    private void iovec(int index, long address, long length) {
        iovecs.set(JAVA_LONG, 16L * index, address);
        iovecs.set(JAVA_LONG, 16L * index + 8, length);
    }
}
