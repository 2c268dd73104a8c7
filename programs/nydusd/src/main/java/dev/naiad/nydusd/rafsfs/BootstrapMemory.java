package dev.naiad.nydusd.rafsfs;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.MappedFile;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/** A bootstrap and the memory it lies in, which is gone after close. */
public final class BootstrapMemory implements AutoCloseable {
    private static final int ALIGNMENT = 8;

    private final Runnable free;
    private final Bootstrap bootstrap;
    private boolean closed;

    private BootstrapMemory(Runnable free, Bootstrap bootstrap) {
        this.free = free;
        this.bootstrap = bootstrap;
    }

    /** Maps and checks a bootstrap file. */
    public static BootstrapMemory map(Path path) {
        MappedFile file = mapped(path);
        try {
            return new BootstrapMemory(
                    file::close, BootstrapReader.open(file.segment(), path.toString()));
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** Whether there is a file that begins as a bootstrap does. */
    public static boolean isIn(Path path) {
        if (!Files.isRegularFile(path)) {
            return false;
        }
        try (var file = mapped(path)) {
            return BootstrapReader.recognizes(file.segment(), path.toString());
        }
    }

    private static MappedFile mapped(Path path) {
        try (var fd = Fd.openRead(path)) {
            return MappedFile.readOnly(fd);
        } catch (NaiadException e) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "cannot read bootstrap " + path, e);
        }
    }

    /** Copies and checks a bootstrap that is in no file. */
    @SuppressWarnings("MustBeClosedChecker") // closed by close
    public static BootstrapMemory copy(byte[] bytes, String name) {
        var arena = Arena.ofShared();
        try {
            var segment = arena.allocate(Math.max(1, bytes.length), ALIGNMENT);
            MemorySegment.copy(MemorySegment.ofArray(bytes), 0, segment, 0, bytes.length);
            return new BootstrapMemory(
                    arena::close, BootstrapReader.open(segment.asSlice(0, bytes.length), name));
        } catch (RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    public Bootstrap bootstrap() {
        return bootstrap;
    }

    /** The caller vouches that nobody reads the bootstrap any more. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            free.run();
        }
    }
}
