package dev.naiad.convert.files;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.IoReason;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.DirectoryTree;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The working directory: a directory of our own below it, made when it is first needed and removed
 * at the end, so that nothing of the user's goes along. A lock in it is held as long as we live;
 * what a killed process has left behind there is removed by the next one. For any number of
 * threads.
 */
public final class WorkDir implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WorkDir.class);
    private static final String PREFIX = "nydusify-";
    private static final String LOCK = ".lock";

    private final Path work;

    @GuardedBy("this") private boolean workIsOurs;

    @GuardedBy("this") private @Nullable Path directory;

    @GuardedBy("this") private @Nullable FileChannel lock;

    /** Makes nothing yet. */
    public WorkDir(Path work) {
        this.work = work;
    }

    /** Our own directory, which only its owner may look into. */
    public synchronized Path directory() {
        Path made = directory;
        if (made == null) {
            try {
                workIsOurs = Files.notExists(work);
                Files.createDirectories(work);
                removeAbandoned();
                made = Files.createTempDirectory(work, PREFIX);
                directory = made;
                lock = locked(made);
            } catch (IOException e) {
                throw failed(work, e);
            }
        }
        return made;
    }

    /** A file that has the lock's name is locked already. */
    private static FileChannel locked(Path directory) throws IOException {
        Path before = directory.resolve(LOCK + ".new");
        FileChannel channel =
                FileChannel.open(before, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        boolean good = false;
        try {
            var _ = channel.lock();
            Files.move(before, directory.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
            good = true;
            return channel;
        } finally {
            if (!good) {
                channel.close();
            }
        }
    }

    private void removeAbandoned() throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(work, PREFIX + "*")) {
            for (Path each : found) {
                if (abandoned(each)) {
                    LOG.warn("removing {}, which a killed run has left behind", each);
                    DirectoryTree.delete(each);
                }
            }
        }
    }

    private static boolean abandoned(Path directory) {
        Path file = directory.resolve(LOCK);
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (var channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            return Optional.ofNullable(channel.tryLock()).isPresent();
        } catch (OverlappingFileLockException e) {
            return false; // another one of this process
        } catch (IOException e) {
            LOG.debug("{} is left alone: {}", directory, e.getMessage());
            return false;
        }
    }

    /** A new empty file. */
    public Path file(String prefix) {
        Path in = directory();
        try {
            return Files.createTempFile(in, prefix, "");
        } catch (IOException e) {
            throw failed(in, e);
        }
    }

    /** Tells what is wrong with it. */
    public static NaiadException failed(Path path, IOException e) {
        boolean full = String.valueOf(e.getMessage()).contains("No space left");
        return new NaiadException(
                full ? ErrorKind.NO_SPACE : ErrorKind.UNAVAILABLE,
                IoReason.after("working directory " + path, e),
                e);
    }

    @Override
    public synchronized void close() {
        Path made = directory;
        if (made == null) {
            return;
        }
        directory = null;
        FileChannel held = lock;
        lock = null;
        try {
            DirectoryTree.delete(made);
            if (workIsOurs && isEmpty(work)) {
                Files.deleteIfExists(work);
            }
        } catch (IOException e) {
            throw failed(made, e);
        } finally {
            release(held);
        }
    }

    private static void release(@Nullable FileChannel held) {
        try {
            if (held != null) {
                held.close();
            }
        } catch (IOException e) {
            LOG.debug("a lock was not released: {}", e.getMessage());
        }
    }

    /** Whether a directory has no entries. */
    public static boolean isEmpty(Path directory) throws IOException {
        try (var entries = Files.list(directory)) {
            return entries.findAny().isEmpty();
        }
    }
}
