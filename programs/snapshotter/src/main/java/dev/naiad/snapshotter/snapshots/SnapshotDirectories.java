package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.snapshotter.store.Usage;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
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
     * always names a complete one. Answers false, having done nothing, if the number names
     * something already.
     *
     * @param owner the parent's directory, whose owner the new one gets
     * @throws NaiadException NO_SPACE if the disk is full; nothing is left then
     */
    boolean create(long id, boolean withWork, Optional<Path> owner) {
        if (Files.exists(layout.snapshot(id), LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Path temporary = null;
        try {
            temporary = Files.createTempDirectory(layout.snapshots(), TEMPORARY);
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
            // The record follows: after a power cut there must be no record without directory.
            AtomicFiles.syncDirectory(layout.snapshots());
            return true;
        } catch (IOException e) {
            if (temporary != null) {
                deleteTemporary(temporary.getFileName().toString());
            }
            throw new NaiadException(
                    AtomicFiles.isFull(e) ? ErrorKind.NO_SPACE : ErrorKind.INTERNAL,
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
            DirectoryTree.Size size = DirectoryTree.size(layout.fs(id));
            return new Usage(size.bytes(), size.inodes());
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "disk usage of snapshot " + id + ": " + e.getMessage(), e);
        }
    }

    /** What belongs to no snapshot: directories by number, and unfinished ones by name. */
    record Unused(List<Long> numbers, List<String> temporary) {}

    /** Those of numbers up to {@code last}, but these. Not while {@link #create} runs. */
    Unused unused(Set<Long> ids, long last) {
        return new Unused(
                numbers().stream().filter(id -> id <= last && !ids.contains(id)).toList(),
                names().stream().filter(name -> name.startsWith(TEMPORARY)).toList());
    }

    /** Every number that names something. */
    List<Long> numbers() {
        return names().stream().filter(SnapshotDirectories::isNumber).map(Long::parseLong).toList();
    }

    private List<String> names() {
        var found = new ArrayList<String>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(layout.snapshots())) {
            paths.forEach(path -> found.add(path.getFileName().toString()));
            return found;
        } catch (IOException | DirectoryIteratorException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "list snapshot directories: " + e.getMessage(), e);
        }
    }

    private static boolean isNumber(String name) {
        return !name.isEmpty()
                && name.length() < 19
                && name.chars().allMatch(c -> c >= '0' && c <= '9');
    }

    void delete(long id) throws IOException {
        DirectoryTree.delete(layout.snapshot(id));
    }

    /** Deletes one that nothing was ever put into; answers whether it was such a one. */
    boolean deleteEmpty(long id) throws IOException {
        var below = new ArrayList<Path>();
        try (DirectoryStream<Path> paths = Files.newDirectoryStream(layout.snapshot(id))) {
            paths.forEach(below::add);
        } catch (NotDirectoryException | DirectoryIteratorException e) {
            return false;
        }
        try {
            for (Path path : below) {
                if (!path.equals(layout.fs(id)) && !path.equals(layout.work(id))) {
                    return false;
                }
            }
            for (Path path : below) {
                Files.delete(path);
            }
            Files.delete(layout.snapshot(id));
            return true;
        } catch (DirectoryNotEmptyException e) {
            return false;
        }
    }

    void deleteTemporary(String name) {
        try {
            DirectoryTree.delete(layout.snapshots().resolve(name));
        } catch (IOException e) {
            LOG.warn("{} stays until the next cleanup: {}", name, e.getMessage());
        }
    }
}
