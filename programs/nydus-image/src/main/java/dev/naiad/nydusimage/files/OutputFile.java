package dev.naiad.nydusimage.files;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.base.file.PendingFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A file of the user's that is written: it appears under its name when it is complete, so that
 * neither a failure nor a kill at any moment leaves half of it there. What is there already and is
 * no file (a pipe, a device) is written as it is. Not for several threads.
 */
public final class OutputFile implements WritableByteChannel {
    private final Path path;
    private final FileChannel channel;

    /** Absent where the bytes go to their place at once. */
    private final @Nullable PendingFile pending;

    private OutputFile(Path path, FileChannel channel, @Nullable PendingFile pending) {
        this.path = path;
        this.channel = channel;
        this.pending = pending;
    }

    /** Opens it; opening a pipe waits for its reader. */
    public static OutputFile create(Path path) {
        try {
            if (Files.exists(path) && !Files.isRegularFile(path)) {
                return new OutputFile(path, FileChannel.open(path, StandardOpenOption.WRITE), null);
            }
            // A link stays one: what it leads to is replaced.
            Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
            var pending = PendingFile.beside(target);
            return new OutputFile(target, pending.channel(), pending);
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
        try {
            if (pending == null) {
                channel.close();
            } else {
                pending.replace(name, PendingFile.Sync.NONE);
            }
        } catch (IOException e) {
            throw failed(name, e);
        }
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
        return pending == null ? path : pending.path();
    }

    @Override
    public boolean isOpen() {
        return channel.isOpen();
    }

    @Override
    public void close() {
        try {
            if (pending == null) {
                channel.close();
            } else {
                pending.close();
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
