package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.FileTree;
import dev.naiad.snapshotter.store.Usage;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directories of snapshots: {@code <id>/fs} and, for active ones, {@code <id>/work}.
 * Thread-safe.
 */
final class SnapshotDirectories {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotDirectories.class);
    private static final String TEMPORARY = "new-";

    private final Layout layout;

    SnapshotDirectories(Layout layout) {
        this.layout = layout;
    }

    /**
     * Makes a snapshot's directories under a temporary name and renames them, so that a number
     * always names a complete one.
     *
     * @param owner the parent's directory, whose owner the new one gets
     */
    void create(long id, boolean withWork, Optional<Path> owner) {
        try {
            Path temporary = Files.createTempDirectory(layout.snapshots(), TEMPORARY);
            Path fs = directory(temporary.resolve("fs"), "rwxr-xr-x");
            if (withWork) {
                directory(temporary.resolve("work"), "rwx--x--x");
            }
            if (owner.isPresent() && Files.isDirectory(owner.get())) {
                Map<String, Object> ids = Files.readAttributes(owner.get(), "unix:uid,gid");
                Files.setAttribute(fs, "unix:uid", ids.get("uid"));
                Files.setAttribute(fs, "unix:gid", ids.get("gid"));
            }
            Files.move(temporary, layout.snapshot(id), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            boolean full = String.valueOf(e.getMessage()).contains("No space left");
            throw new NaiadException(
                    full ? ErrorKind.NO_SPACE : ErrorKind.INTERNAL,
                    "create directories of snapshot " + id + ": " + e.getMessage(),
                    e);
        }
    }

    /** Whatever the umask of this process is. */
    private static Path directory(Path path, String mode) throws IOException {
        Files.createDirectory(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
        return path;
    }

    Usage usage(long id) {
        try {
            FileTree.Size size = FileTree.size(layout.fs(id));
            return new Usage(size.bytes(), size.inodes());
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "disk usage of snapshot " + id + ": " + e.getMessage(), e);
        }
    }

    /** Names below {@code snapshots} that belong to none of these numbers. */
    List<String> orphans(Set<Long> ids) {
        var orphans = new ArrayList<String>();
        try (DirectoryStream<Path> names = Files.newDirectoryStream(layout.snapshots())) {
            for (Path path : names) {
                String name = path.getFileName().toString();
                if (name.startsWith(TEMPORARY)
                        || (isNumber(name) && !ids.contains(Long.parseLong(name)))) {
                    orphans.add(name);
                }
            }
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "list snapshot directories: " + e.getMessage(), e);
        }
        return orphans;
    }

    private static boolean isNumber(String name) {
        return !name.isEmpty()
                && name.length() < 19
                && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    void delete(long id) throws IOException {
        FileTree.delete(layout.snapshot(id));
    }

    void deleteTemporary(String name) {
        try {
            FileTree.delete(layout.snapshots().resolve(name));
        } catch (IOException e) {
            LOG.warn("{} stays until the next cleanup: {}", name, e.getMessage());
        }
    }
}
