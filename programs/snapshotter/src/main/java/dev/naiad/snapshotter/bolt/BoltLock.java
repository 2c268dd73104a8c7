package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The exclusive lock that bbolt takes on a database file; it ends with its holder, however that
 * dies.
 */
final class BoltLock {
    private static final long POLL_MILLIS = 50;

    private BoltLock() {}

    // FIXME flock
    static AutoCloseable acquire(Path path, Duration wait) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE);
        long end = System.nanoTime() + wait.toNanos();
        while (true) {
            @Nullable Object lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
            if (System.nanoTime() > end) {
                channel.close();
                throw new NaiadException(ErrorKind.UNAVAILABLE, "database " + path + ": timeout");
            }
            try {
                Thread.sleep(POLL_MILLIS);
            } catch (InterruptedException e) {
                channel.close();
                Thread.currentThread().interrupt();
                throw new NaiadException(
                        ErrorKind.CANCELLED, "database " + path + ": interrupted", e);
            }
        }
    }
}
