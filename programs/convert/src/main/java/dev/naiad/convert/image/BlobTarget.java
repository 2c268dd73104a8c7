package dev.naiad.convert.image;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Function;

/**
 * Where a blob is written: a file or pipe of a given name, or a directory in which it gets its
 * digest as its name when it is complete. Closing without {@link #commit} leaves no half blob in a
 * directory.
 */
final class BlobTarget implements WritableByteChannel {
    private final FileChannel channel;
    private final Path path;
    private final boolean temporary;
    private boolean done;

    private BlobTarget(FileChannel channel, Path path, boolean temporary) {
        this.channel = channel;
        this.path = path;
        this.temporary = temporary;
    }

    /** A file or pipe; opening a pipe waits for its reader. */
    static BlobTarget file(String name) {
        var path = Path.of(name);
        try {
            return new BlobTarget(
                    FileChannel.open(
                            path,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE,
                            StandardOpenOption.TRUNCATE_EXISTING),
                    path,
                    false);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    static BlobTarget in(Path directory) {
        try {
            Files.createDirectories(directory);
            var path = Files.createTempFile(directory, ".blob", ".part");
            return new BlobTarget(FileChannel.open(path, StandardOpenOption.WRITE), path, true);
        } catch (IOException e) {
            throw failed(directory, e);
        }
    }

    /** Has a blob written into a directory, where it gets its digest as its name. */
    static void write(Path directory, Function<WritableByteChannel, BuiltLayer> build) {
        try (var target = in(directory)) {
            target.commit(build.apply(target));
        }
    }

    private static NaiadException failed(Path path, IOException e) {
        return new NaiadException(
                ErrorKind.UNAVAILABLE, "cannot write blob " + path + ": " + e.getMessage(), e);
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        return channel.write(source);
    }

    /** Gives a complete blob its digest as its name; one without content vanishes. */
    void commit(BuiltLayer built) {
        commit(built, built.digest().hex());
    }

    /** The same with a name that was chosen. */
    void commit(BuiltLayer built, String name) {
        complete();
        try {
            if (temporary && built.size() > 0) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(path, path.resolveSibling(name), StandardCopyOption.ATOMIC_MOVE);
                done = true;
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Ends writing; the file stays until this is closed. */
    void complete() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    Path path() {
        return path;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
            if (temporary && !done) {
                Files.deleteIfExists(path);
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
