package dev.naiad.base.file;

import dev.naiad.base.error.ErrorKind;
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
import java.util.Set;

/**
 * Replaces files so that a reader, or the next start after a crash, sees the old content or the new
 * and nothing between: written beside the target, synced, renamed over it, the directory synced.
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
        Path absolute = target.toAbsolutePath();
        Path parent = absolute.getParent();
        if (parent == null) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, target + " is no file");
        }
        Path temporary = null;
        try {
            temporary = Files.createTempFile(parent, "." + absolute.getFileName(), ".tmp");
            try (var channel = FileChannel.open(temporary, Set.of(StandardOpenOption.WRITE))) {
                var left = ByteBuffer.wrap(content);
                while (left.hasRemaining()) {
                    channel.write(left);
                }
                channel.force(true);
            }
            Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString(mode));
            Files.move(
                    temporary,
                    absolute,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
            temporary = null;
            syncDirectory(parent);
        } catch (IOException e) {
            throw failure(target, e);
        } finally {
            discard(temporary);
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

    private static void discard(@org.jspecify.annotations.Nullable Path temporary) {
        if (temporary != null) {
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException e) {
                // A leftover does no harm; the failure that led here is thrown.
            }
        }
    }
}
