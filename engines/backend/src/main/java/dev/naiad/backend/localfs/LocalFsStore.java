package dev.naiad.backend.localfs;

import dev.naiad.backend.config.BackendConfig;
import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/** Puts blobs into a directory, each as a file of its name. */
public final class LocalFsStore implements WritableBackend {
    private static final int COPY_BYTES = 256 << 10;

    private final Path directory;

    /** The section must name a directory; it is made if it is missing. */
    public LocalFsStore(BackendConfig.LocalFs config) {
        if (config.dir().isEmpty()) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "localfs: \"dir\" is needed to store blobs");
        }
        this.directory = Path.of(config.dir());
    }

    @Override
    public String type() {
        return "localfs";
    }

    @Override
    public String locationOf(String name) {
        return path(name).toString();
    }

    @Override
    public OptionalLong size(String name, Deadline deadline) {
        Path path = path(name);
        try {
            return Files.isRegularFile(path)
                    ? OptionalLong.of(Files.size(path))
                    : OptionalLong.empty();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    @Override
    public void put(String name, Content content, LongConsumer progress, Deadline deadline) {
        Path path = path(name);
        try {
            Files.createDirectories(directory);
            Path part = Files.createTempFile(directory, ".part-", "");
            try {
                write(part, content, progress, deadline);
                // Blobs are read by daemons of other users; a temporary file is only for its owner.
                Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(part, path, StandardCopyOption.ATOMIC_MOVE);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private static void write(Path part, Content content, LongConsumer progress, Deadline deadline)
            throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        try (var in = content.open(0);
                var out = FileChannel.open(part, StandardOpenOption.WRITE)) {
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                deadline.check(part.toString());
                for (var bytes = ByteBuffer.wrap(buffer, 0, n); bytes.hasRemaining(); ) {
                    out.write(bytes);
                }
                progress.accept(n);
            }
            out.force(true);
        }
    }

    private Path path(String name) {
        if (name.isEmpty() || name.indexOf('/') >= 0 || name.equals(".") || name.equals("..")) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "\"" + name + "\" is not the name of a blob file");
        }
        return directory.resolve(name);
    }

    private static NaiadException failed(Path path, IOException e) {
        boolean full =
                e instanceof FileSystemException system
                        ? String.valueOf(system.getReason()).contains("No space left")
                        : String.valueOf(e.getMessage()).contains("No space left");
        var kind =
                e instanceof java.nio.file.AccessDeniedException
                        ? ErrorKind.PERMISSION_DENIED
                        : full ? ErrorKind.NO_SPACE : ErrorKind.UNAVAILABLE;
        return new NaiadException(kind, IoReason.after("blob file " + path, e), e);
    }

    @Override
    public void close() {}
}
