package dev.naiad.nydusimage.files;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * A file of the user's that is written: it appears under its name when it is complete, so that
 * neither a failure nor a kill at any moment leaves half of it there. What is there already and is
 * no file (a pipe, a device) is written as it is. Not for several threads.
 */
public final class OutputFile implements WritableByteChannel {
    private final Path path;
    private final Path written;
    private final FileChannel channel;
    private boolean done;

    private OutputFile(Path path, Path written, FileChannel channel) {
        this.path = path;
        this.written = written;
        this.channel = channel;
    }

    /** Opens it; opening a pipe waits for its reader. */
    public static OutputFile create(Path path) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                return new OutputFile(path, path, FileChannel.open(path, StandardOpenOption.WRITE));
            }
            // A link stays one: what it leads to is replaced.
            Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            Path part =
                    target.resolveSibling(
                            "." + target.getFileName() + "." + UUID.randomUUID() + ".part");
            return new OutputFile(
                    target,
                    part,
                    FileChannel.open(
                            part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Writes a whole file. */
    public static void write(Path path, byte[] content) {
        try (var file = create(path)) {
            var left = ByteBuffer.wrap(content);
            while (left.hasRemaining()) {
                file.write(left);
            }
            file.commit();
        }
    }

    /** Tells what is wrong with it. */
    public static NaiadException failed(Path path, IOException e) {
        return new NaiadException(
                AtomicFiles.isFull(e) ? ErrorKind.NO_SPACE : ErrorKind.UNAVAILABLE,
                "cannot write " + path + ": " + e.getMessage(),
                e);
    }

    @Override
    public int write(ByteBuffer source) {
        try {
            return channel.write(source);
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** The same as a stream, which need not be closed. */
    public OutputStream stream() {
        return Channels.newOutputStream(this);
    }

    /** Gives it its name. */
    public void commit() {
        commit(path);
    }

    /** The same with a name in its directory that was not known before; never of a pipe. */
    public void commit(Path name) {
        complete();
        if (!written.equals(name)) {
            try {
                Files.move(
                        written,
                        name,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw failed(name, e);
            }
        }
        done = true;
    }

    /** Ends writing; what was written is at {@link #written} until this is closed. */
    public void complete() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Where the bytes are before {@link #commit}. */
    public Path written() {
        return written;
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try {
            channel.close();
            if (!done && !written.equals(path)) {
                Files.deleteIfExists(written);
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
