package dev.naiad.linux;

import dev.naiad.base.bytes.ByteSource;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/** A file of fixed size as a source of bytes, read with pread. Owns the descriptor. */
public record FdSource(Fd fd, long size) implements ByteSource, AutoCloseable {
    /** Opens a file. */
    public static FdSource open(Path file) {
        Fd fd = Fd.openRead(file);
        return new FdSource(fd, fd.size());
    }

    @Override
    public void read(long offset, MemorySegment target) {
        fd.preadFully(target, offset);
    }

    @Override
    public String name() {
        return fd.name();
    }

    @Override
    public void close() {
        fd.close();
    }
}
