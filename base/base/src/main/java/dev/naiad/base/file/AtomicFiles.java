package dev.naiad.base.file;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Replaces files whose content is at hand so that a reader, or the next start after a crash, sees
 * the old content or the new and nothing between. Larger files: {@link PendingFile}.
 */
public final class AtomicFiles {
    private AtomicFiles() {}

    /**
     * Replaces {@code target} with {@code content}, mode 0600.
     *
     * @throws NaiadException NO_SPACE if the disk is full, UNAVAILABLE for other I/O errors; the
     *     target is then as before
     */
    public static void write(Path target, byte[] content) {
        write(target, content, "rw-------");
    }

    /** {@link #write(Path, byte[])} with a mode such as {@code rw-r--r--}, whatever the umask. */
    public static void write(Path target, byte[] content, String mode) {
        if (target.toAbsolutePath().getParent() == null) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, target + " is not a file");
        }
        try (var file = PendingFile.beside(target, mode)) {
            file.write(ByteBuffer.wrap(content));
            file.replace(PendingFile.Sync.CONTENT_AND_NAME);
        } catch (IOException e) {
            throw failure(target, e);
        }
    }

    /** Makes renames, creations and deletions in {@code directory} last. */
    public static void syncDirectory(Path directory) throws IOException {
        try (var channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static NaiadException failure(Path target, IOException e) {
        return new NaiadException(
                isFull(e) ? ErrorKind.NO_SPACE : ErrorKind.UNAVAILABLE,
                target + " cannot be written",
                e);
    }

    /** Whether it says that the disk is full, or the quota. */
    public static boolean isFull(IOException failure) {
        String text =
                failure instanceof FileSystemException system
                        ? String.valueOf(system.getReason())
                        : String.valueOf(failure.getMessage());
        return text.contains("No space left") || text.contains("quota exceeded");
    }
}
