package dev.naiad.dfdaemon.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts a finished content where a tool wants it: as a hard link into the store, as the original
 * does, or as a copy where the file system allows no link or the tool is another user's. The digest
 * is checked before; the file appears under its name whole.
 *
 * <p>An empty file stands there from the beginning. compat: the original's dfget removes the output
 * when a download fails, and tells of the failure to remove it in place of the cause.
 */
final class DownloadOutput implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DownloadOutput.class);

    private final Outputs outputs;
    private final Path path;
    private final boolean overwrite;
    private final boolean forceHardLink;
    private final ContentDigest digest;
    private final OutputDirectory directory;
    private boolean reserved;
    private boolean abandoned;

    /** INVALID_ARGUMENT if the path or the digest cannot be one. */
    DownloadOutput(Download download, Outputs outputs, CallerRights.Rights rights) {
        this.outputs = outputs;
        this.path = Path.of(download.getOutputPath()).normalize();
        this.overwrite = download.getOverwrite();
        this.forceHardLink = download.getForceHardLink();
        this.digest = ContentDigest.parse(download.getDigest());
        if (!Path.of(download.getOutputPath()).isAbsolute()) {
            throw refused(ErrorKind.INVALID_ARGUMENT, "is not absolute");
        }
        this.directory = new OutputDirectory(path, rights);
    }

    /** Refuses what cannot work before anything is downloaded. */
    void check(String taskId) {
        Optional<Stat> there = directory.find();
        if (there.isPresent() && there.get().isDirectory()) {
            throw refused(ErrorKind.INVALID_ARGUMENT, "is a directory");
        }
        if (there.isPresent()
                && !overwrite
                && !forceHardLink
                && !outputs.isReserved(path, taskId)) {
            throw exists();
        }
        directory.create().close(); // fails now if the caller may not write here
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
                directory.tryLink(task::linkTo);
            }
            boolean replace = overwrite || isLinked(task);
            if (!outputs.reserve(path, task.meta().taskId(), replace, directory)) {
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

    private boolean isLinked(StoredTask task) {
        Optional<Stat> there = directory.find();
        if (there.isEmpty()) {
            return false;
        }
        Stat content = RawFiles.stat(RawPath.of(task.content()));
        return there.get().inode() == content.inode() && there.get().device() == content.device();
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
            put(task);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private void put(StoredTask task) throws IOException {
        if (!forceHardLink && !directory.isOwn()) {
            copy(task); // a link would be root's, and in /tmp its user could never remove it
            return;
        }
        try {
            directory.link(task::linkTo);
        } catch (IOException e) {
            if (forceHardLink) {
                throw e;
            }
            LOG.debug("output path {}: copied, for it cannot be linked: {}", path, e.toString());
            copy(task);
        }
    }

    private void copy(StoredTask task) throws IOException {
        long length = task.meta().contentLength();
        try (OutputDirectory.Fresh fresh = directory.create()) {
            try (FileChannel content = task.openContent();
                    FileChannel out = fresh.channel()) {
                for (long at = 0; at < length; ) {
                    long copied = content.transferTo(at, length - at, out);
                    if (copied <= 0) {
                        throw new IOException("the content file is shorter than its content");
                    }
                    at += copied;
                }
            }
            fresh.publish();
        }
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
        try {
            if (reserved) {
                reserved = false;
                outputs.release(path, abandoned, directory);
            }
        } catch (NaiadException e) {
            LOG.warn("output path {}: the empty file is left: {}", path, e.what());
        } finally {
            directory.close();
        }
    }
}
