package dev.naiad.base.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * A file that is written under a hidden name beside its target and gets its real name when it is
 * complete, so that under that name there is the old content or the new and nothing between.
 * Closing it without publishing removes it. Not for several threads.
 */
public final class PendingFile implements AutoCloseable {
    private final Path target;
    private final Path path;
    private final FileChannel channel;
    private final Optional<String> mode;
    private boolean published;

    /** What survives a power cut once the file has its name. */
    public enum Sync {
        /** Nothing is promised: a file that can be made again, and whose reader checks it. */
        NONE,
        /** If the name is there, so is the content. */
        CONTENT,
        /** Content and name. */
        CONTENT_AND_NAME
    }

    private PendingFile(Path target, Path path, FileChannel channel, Optional<String> mode) {
        this.target = target;
        this.path = path;
        this.channel = channel;
        this.mode = mode;
    }

    /** A new file in the target's directory, with the permissions that the umask leaves. */
    public static PendingFile beside(Path target) throws IOException {
        return open(target, Optional.empty());
    }

    /**
     * The same with a mode such as {@code rw-r--r--}, whatever the umask; until it is published
     * only its owner can read it.
     */
    public static PendingFile beside(Path target, String mode) throws IOException {
        return open(target, Optional.of(mode));
    }

    @SuppressWarnings("MustBeClosedChecker") // by close()
    private static PendingFile open(Path target, Optional<String> mode) throws IOException {
        var absolute = target.toAbsolutePath();
        var path =
                absolute.resolveSibling(
                        "." + absolute.getFileName() + "." + UUID.randomUUID() + ".part");
        var options =
                Set.of(
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
        var channel =
                mode.isEmpty()
                        ? FileChannel.open(path, options)
                        : FileChannel.open(
                                path,
                                options,
                                PosixFilePermissions.asFileAttribute(
                                        PosixFilePermissions.fromString("rw-------")));
        return new PendingFile(absolute, path, channel, mode);
    }

    /** Where it is until it is published. */
    public Path path() {
        return path;
    }

    /** For writing at any offset, and for reading what was written. */
    public FileChannel channel() {
        return channel;
    }

    /** Appends all of the buffer. */
    public void write(ByteBuffer content) throws IOException {
        while (content.hasRemaining()) {
            channel.write(content);
        }
    }

    /** Gives it the target's name; what was there before is replaced. */
    public void replace(Sync sync) throws IOException {
        replace(target, sync);
    }

    /** Gives it another name in the target's directory, known only now. */
    public void replace(Path name, Sync sync) throws IOException {
        complete(sync);
        Files.move(path, name, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        published = true;
        syncName(name, sync);
    }

    /**
     * Gives it the target's name unless that is taken.
     *
     * @throws FileAlreadyExistsException if it is taken; what is there stays as it is
     */
    public void create(Sync sync) throws IOException {
        complete(sync);
        Files.createLink(target, path);
        syncName(target, sync);
    }

    private void complete(Sync sync) throws IOException {
        if (mode.isPresent()) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode.get()));
        }
        if (sync != Sync.NONE) {
            channel.force(true);
        }
        // Some file systems report a failed write only now.
        channel.close();
    }

    private static void syncName(Path name, Sync sync) throws IOException {
        if (sync == Sync.CONTENT_AND_NAME) {
            AtomicFiles.syncDirectory(name.toAbsolutePath().resolveSibling("."));
        }
    }

    /** Removes it unless it was published; the hidden name is gone in any case. */
    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            if (!published) {
                Files.deleteIfExists(path);
            }
        }
    }
}
