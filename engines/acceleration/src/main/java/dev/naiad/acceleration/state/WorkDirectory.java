package dev.naiad.acceleration.state;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** acceld's {@code work_dir}, held by one process at a time. */
public final class WorkDirectory implements AutoCloseable {
    private final Path path;
    private final FileChannel lock;

    private WorkDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Takes the directory, which is made if it is not there; empty if another process has it. */
    @SuppressWarnings("resource") // the lock is the directory's
    public static Optional<WorkDirectory> take(Path path) {
        try {
            Files.createDirectories(path);
            FileChannel channel =
                    FileChannel.open(
                            path.resolve("acceld.lock"),
                            StandardOpenOption.CREATE,
                            StandardOpenOption.WRITE);
            boolean taken = false;
            try {
                taken = channel.tryLock() != null;
            } catch (OverlappingFileLockException e) {
                // Another one in this process.
            }
            if (taken) {
                return Optional.of(new WorkDirectory(path, channel));
            }
            channel.close();
            return Optional.empty();
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "work_dir " + path + ": " + e.getMessage(), e);
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.UNAVAILABLE, path + ": " + e.getMessage(), e);
        }
    }
}
