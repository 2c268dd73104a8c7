package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Open;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The exclusive flock(2) that bbolt takes on a database file; it ends with its holder, however that
 * dies. A lock of fcntl(2), which Java's channels take, would not exclude bbolt.
 */
final class BoltLock {
    private static final long POLL_MILLIS = 50;

    private BoltLock() {}

    /**
     * @throws NaiadException UNAVAILABLE after {@code wait}
     */
    static AutoCloseable acquire(Path path, Duration wait) {
        Fd file = Fd.open(path, Open.O_RDWR | Open.O_CLOEXEC, 0);
        try {
            long end = System.nanoTime() + wait.toNanos();
            while (!file.tryLock(true)) {
                if (System.nanoTime() >= end) {
                    throw new NaiadException(
                            ErrorKind.UNAVAILABLE,
                            "database " + path + ": timeout: another process has it open");
                }
                Thread.sleep(POLL_MILLIS);
            }
            return file;
        } catch (InterruptedException e) {
            file.close();
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "database " + path + ": interrupted", e);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }
}
