package dev.naiad.nydusimage.command;

import dev.naiad.builder.BuiltLayer;
import dev.naiad.nydusimage.files.OutputFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/**
 * Where a blob is written: a file or pipe of a given name, or a directory in which it gets its
 * digest as its name when it is complete. Closing without {@link #commit} leaves no half blob.
 */
final class BlobTarget implements WritableByteChannel {
    private final OutputFile file;
    private final Optional<Path> directory;

    private BlobTarget(OutputFile file, Optional<Path> directory) {
        this.file = file;
        this.directory = directory;
    }

    /** A file or pipe; opening a pipe waits for its reader. */
    static BlobTarget file(String name) {
        return new BlobTarget(OutputFile.create(Path.of(name)), Optional.empty());
    }

    static BlobTarget in(Path directory) {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw OutputFile.failed(directory, e);
        }
        return new BlobTarget(OutputFile.create(directory.resolve("blob")), Optional.of(directory));
    }

    /** Has a blob written into a directory, where it gets its digest as its name. */
    static void write(Path directory, Function<WritableByteChannel, BuiltLayer> build) {
        try (var target = in(directory)) {
            target.commit(build.apply(target));
        }
    }

    @Override
    public int write(ByteBuffer source) {
        return file.write(source);
    }

    /** Gives a complete blob its digest as its name; one without content vanishes. */
    void commit(BuiltLayer built) {
        commit(built, built.digest().hex());
    }

    /** The same with a name that was chosen. */
    void commit(BuiltLayer built, String name) {
        if (directory.isEmpty()) {
            file.commit();
        } else if (built.size() > 0) {
            file.commit(directory.get().resolve(name));
        }
    }

    /** Ends writing; the file stays until this is closed. */
    void complete() {
        file.complete();
    }

    Path path() {
        return file.written();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() {
        file.close();
    }
}
