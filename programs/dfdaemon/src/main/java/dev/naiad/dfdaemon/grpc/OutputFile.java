package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a finished content where a tool wants it: as a hard link into the store, as the original
 * does, or as a copy where the file system allows no link. The digest is checked before; the file
 * appears under its name whole.
 *
 * <p>An empty file stands there from the beginning. compat: the original's dfget removes the output
 * when a download fails, and tells of the failure to remove it in place of the cause.
 */
final class OutputFile implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(OutputFile.class);

    private final Outputs outputs;
    private final Path path;
    private final boolean overwrite;
    private final boolean forceHardLink;
    private final ContentDigest digest;
    private boolean reserved;
    private boolean abandoned;

    /** INVALID_ARGUMENT if the path or the digest cannot be one. */
    OutputFile(Download download, Outputs outputs) {
        this.outputs = outputs;
        this.path = Path.of(download.getOutputPath()).normalize();
        this.overwrite = download.getOverwrite();
        this.forceHardLink = download.getForceHardLink();
        this.digest = ContentDigest.parse(download.getDigest());
        if (!Path.of(download.getOutputPath()).isAbsolute()) {
            throw refused(ErrorKind.INVALID_ARGUMENT, "is not absolute");
        }
    }

    /** Refuses what cannot work before anything is downloaded. */
    void check(String taskId) {
        Path parent = path.getParent();
        if (parent == null || !Files.isDirectory(parent)) {
            throw refused(ErrorKind.INVALID_ARGUMENT, ": no such directory");
        }
        if (Files.isDirectory(path)) {
            throw refused(ErrorKind.INVALID_ARGUMENT, "is a directory");
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && !overwrite
                && !forceHardLink
                && !outputs.isReserved(path, taskId)) {
            throw exists();
        }
    }

    private NaiadException refused(ErrorKind kind, String why) {
        String gap = why.startsWith(":") ? "" : " ";
        return new NaiadException(kind, "output path " + path + gap + why);
    }

    private NaiadException exists() {
        return refused(ErrorKind.ALREADY_EXISTS, "already exists");
    }

    /** Makes the path this download's. To be called before the caller hears of its beginning. */
    void reserve(StoredTask task) {
        try {
            if (forceHardLink) {
                tryLink(task);
            }
            boolean replace = overwrite || isLinked(task);
            if (!outputs.reserve(path, task.meta().taskId(), replace)) {
                throw exists();
            }
            reserved = true;
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private NaiadException failed(IOException cause) {
        return new NaiadException(
                ErrorKind.INTERNAL, "output path " + path + ": " + cause.getMessage(), cause);
    }

    private boolean isLinked(StoredTask task) throws IOException {
        return Files.exists(path) && Files.isSameFile(path, task.content());
    }

    /** Fails early where no link can be made. */
    private void tryLink(StoredTask task) throws IOException {
        Path probe = newPart();
        try {
            Files.createLink(probe, task.content());
        } finally {
            Files.deleteIfExists(probe);
        }
    }

    /** Puts the content of a complete task there. */
    void place(StoredTask task) {
        try {
            if (!digest.isEmpty()) {
                verify(task);
            }
            if (isLinked(task)) {
                return;
            }
            Path part = newPart();
            try {
                fill(part, task);
                Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
                Files.move(
                        part,
                        path,
                        StandardCopyOption.ATOMIC_MOVE,
                        StandardCopyOption.REPLACE_EXISTING);
            } finally {
                Files.deleteIfExists(part);
            }
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void fill(Path part, StoredTask task) throws IOException {
        try {
            task.linkTo(part);
        } catch (IOException e) {
            if (forceHardLink) {
                throw e;
            }
            LOG.debug("output path {}: copied, for it cannot be linked: {}", path, e.toString());
            copy(task, part);
        }
    }

    private static void copy(StoredTask task, Path part) throws IOException {
        long length = task.meta().contentLength();
        try (FileChannel content = task.openContent();
                var out =
                        FileChannel.open(
                                part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (long at = 0; at < length; ) {
                long copied = content.transferTo(at, length - at, out);
                if (copied <= 0) {
                    throw new IOException("the content file is shorter than its content");
                }
                at += copied;
            }
        }
    }

    /** A name beside the output that no file has. */
    private Path newPart() throws IOException {
        Path part = Files.createTempFile(path.getParent(), "." + path.getFileName() + ".", ".part");
        Files.delete(part);
        return part;
    }

    private void verify(StoredTask task) throws IOException {
        try (var content = task.openContent()) {
            if (!digest.matches(content, task.meta().contentLength())) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS,
                        "output path " + path + ": the content does not have digest " + digest);
            }
        }
    }

    /** The caller is gone and will not remove the empty file. */
    void abandoned() {
        abandoned = true;
    }

    @Override
    public void close() {
        if (!reserved) {
            return;
        }
        reserved = false;
        try {
            outputs.release(path, abandoned);
        } catch (IOException e) {
            LOG.warn("output path {}: the empty file is left: {}", path, e.toString());
        }
    }
}
