package dev.naiad.linux;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Walks whole directory trees through directory descriptors: any file name bytes, whatever the
 * locale of this process; paths of any length; nothing followed, neither symbolic links nor mounts.
 * Each call blocks: use a platform thread.
 */
public final class DirectoryTree {
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int DIRECTORY = Open.O_RDONLY | Open.O_DIRECTORY | Open.O_NOFOLLOW;

    private DirectoryTree() {}

    /**
     * What a tree occupies: allocated bytes, and inodes (one that has several names counts once).
     */
    public record Size(long bytes, long inodes) {}

    private record Inode(long device, long number) {}

    /**
     * The size of everything at and below {@code root}; other file systems mounted below are left
     * out. Files that vanish meanwhile are not counted.
     */
    public static Size size(Path root) throws IOException {
        try {
            RawPath path = RawPath.of(root.toAbsolutePath());
            var count = new Count();
            Stat top = RawFiles.lstat(path);
            count.add(top);
            if (top.isDirectory()) {
                try (Fd fd = Fd.open(path, DIRECTORY, 0)) {
                    count.below(fd, top.mountId());
                }
            }
            return new Size(count.bytes, count.seen.size());
        } catch (ErrnoException e) {
            throw new IOException(e.what(), e);
        }
    }

    private static final class Count {
        private final Set<Inode> seen = new HashSet<>();
        private long bytes;

        void add(Stat file) {
            if (seen.add(new Inode(file.device(), file.inode()))) {
                bytes += file.blocks() * 512;
            }
        }

        void below(Fd directory, long mount) {
            for (RawFiles.DirEntry entry : RawFiles.list(directory)) {
                Optional<Stat> found = find(directory, entry.name());
                if (found.isEmpty() || found.get().mountId() != mount) {
                    continue;
                }
                add(found.get());
                if (found.get().isDirectory()) {
                    try (Fd child = directory.openAt(entry.name(), DIRECTORY, 0)) {
                        below(child, mount);
                    } catch (ErrnoException e) {
                        unlessGone(e);
                    }
                }
            }
        }
    }

    /**
     * Deletes everything at and below {@code root}; nothing happens if it does not exist.
     *
     * @throws IOException if something is mounted below (what is mounted stays untouched), or a
     *     file cannot be removed
     */
    public static void delete(Path root) throws IOException {
        Path absolute = root.toAbsolutePath().normalize();
        Path parent = absolute.getParent();
        Path name = absolute.getFileName();
        if (parent == null || name == null) {
            throw new IOException(root + " is not to be deleted");
        }
        try (Fd directory = Fd.open(RawPath.of(parent), Open.O_RDONLY | Open.O_DIRECTORY, 0)) {
            RawPath entry = RawPath.of(name);
            Optional<Stat> found = find(directory, entry);
            if (found.isPresent()) {
                remove(directory, entry, found.get(), directory.stat().mountId());
            }
        } catch (ErrnoException e) {
            if (!e.is(Errno.ENOENT)) {
                throw new IOException("delete " + root + ": " + e.what(), e);
            }
        }
    }

    private static void remove(Fd directory, RawPath name, Stat file, long mount) {
        if (file.mountId() != mount) {
            throw ErrnoException.of(Errno.EBUSY.number(), "something is mounted on " + name);
        }
        try {
            if (file.isDirectory()) {
                try (Fd fd = directory.openAt(name, DIRECTORY, 0)) {
                    for (RawFiles.DirEntry entry : RawFiles.list(fd)) {
                        Optional<Stat> below = find(fd, entry.name());
                        if (below.isPresent()) {
                            remove(fd, entry.name(), below.get(), mount);
                        }
                    }
                }
            }
            RawFiles.unlinkAt(directory, name, file.isDirectory());
        } catch (ErrnoException e) {
            // Somebody else removed it: what was wanted.
            unlessGone(e);
        }
    }

    private static Optional<Stat> find(Fd directory, RawPath name) {
        try {
            return Optional.of(
                    directory.use(
                            fd ->
                                    RawFiles.statx(
                                            fd,
                                            name,
                                            AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
                                            name.toString())));
        } catch (ErrnoException e) {
            unlessGone(e);
            return Optional.empty();
        }
    }

    private static void unlessGone(ErrnoException e) {
        if (!e.is(Errno.ENOENT)) {
            throw e;
        }
    }
}
