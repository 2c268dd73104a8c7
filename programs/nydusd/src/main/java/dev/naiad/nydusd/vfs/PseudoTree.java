package dev.naiad.nydusd.vfs;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.fuse.AttrOut;
import dev.naiad.fuse.FuseName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/**
 * The directories that lead to mountpoints. Inode numbers grow and are never used twice. Lookups
 * may run beside one change at a time.
 */
final class PseudoTree {
    static final long ROOT = 1;

    /** For practical purposes for ever, as the original; changes are told to the kernel. */
    static final long TIMEOUT_SECONDS = 1L << 32;

    private final ConcurrentHashMap<Long, Directory> directories = new ConcurrentHashMap<>();
    private long createdSeconds; // written by restore, before anybody asks
    private long next = ROOT + 1; // changed under the caller's lock only

    /** A pseudo directory. */
    static final class Directory {
        final long ino;
        final @Nullable Directory parent;
        final byte[] name;

        /** By number, so that a position in a listing stays where it is. */
        final ConcurrentSkipListMap<Long, Directory> children = new ConcurrentSkipListMap<>();

        volatile @Nullable Mounted mounted;

        Directory(long ino, @Nullable Directory parent, byte[] name) {
            this.ino = ino;
            this.parent = parent;
            this.name = name;
        }

        @Nullable Directory child(FuseName wanted) {
            for (var child : children.values()) {
                if (wanted.contentEquals(child.name)) {
                    return child;
                }
            }
            return null;
        }
    }

    /** Where something that was unmounted had been: the kernel's name for it. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, compared nowhere
    record Removed(long parent, byte[] name) {}

    PseudoTree(long createdSeconds) {
        this.createdSeconds = createdSeconds;
        directories.put(ROOT, new Directory(ROOT, null, new byte[0]));
    }

    @Nullable Directory get(long ino) {
        return directories.get(ino);
    }

    Directory root() {
        var root = directories.get(ROOT);
        if (root == null) {
            throw new IllegalStateException("no root");
        }
        return root;
    }

    /** The components of an absolute path without {@code .}; empty for the root. */
    static List<String> components(String path) {
        var parts = new ArrayList<String>();
        for (var part : path.split("/", -1)) {
            if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return parts;
    }

    @Nullable Directory find(String path) {
        var at = root();
        for (var part : components(path)) {
            var found = at.child(FuseName.of(part.getBytes(StandardCharsets.UTF_8)));
            if (found == null) {
                return null;
            }
            at = found;
        }
        return at;
    }

    /** True if a directory above that path is the place of a filesystem. */
    boolean isBelowMount(String path) {
        var at = root();
        for (var part : components(path)) {
            if (at.mounted != null) {
                return true;
            }
            var found = at.child(FuseName.of(part.getBytes(StandardCharsets.UTF_8)));
            if (found == null) {
                return false;
            }
            at = found;
        }
        return false;
    }

    Directory make(String path) {
        var at = root();
        for (var part : components(path)) {
            byte[] name = part.getBytes(StandardCharsets.UTF_8);
            var found = at.child(FuseName.of(name));
            if (found == null) {
                found = new Directory(next++, at, name);
                directories.put(found.ino, found);
                at.children.put(found.ino, found);
            }
            at = found;
        }
        return at;
    }

    /**
     * Takes away a directory and those above it that lead nowhere any more.
     *
     * @return the names that are gone, deepest first
     */
    List<Removed> prune(Directory directory) {
        var gone = new ArrayDeque<Removed>();
        for (var at = directory;
                at != null && at.parent != null && at.mounted == null && at.children.isEmpty();
                at = at.parent) {
            at.parent.children.remove(at.ino);
            directories.remove(at.ino);
            gone.add(new Removed(at.parent.ino, at.name));
        }
        return List.copyOf(gone);
    }

    /** For {@link VfsState}. */
    VfsState state(int lastIndex, long generation) {
        var all = new ArrayList<VfsState.DirectoryState>();
        var queue = new ArrayDeque<Directory>();
        queue.add(root());
        for (var at = queue.poll(); at != null; at = queue.poll()) {
            for (var child : at.children.values()) {
                all.add(
                        new VfsState.DirectoryState(
                                child.ino, at.ino, new String(child.name, StandardCharsets.UTF_8)));
                queue.add(child);
            }
        }
        return new VfsState(createdSeconds, next, lastIndex, generation, all);
    }

    /** Of an empty tree: becomes what another one was. */
    void restore(VfsState state) {
        createdSeconds = state.createdSeconds();
        next = Math.max(next, state.nextInode());
        for (var saved : state.directories()) {
            var parent = directories.get(saved.parent());
            if (parent == null || directories.containsKey(saved.ino())) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS, "saved directories contradict themselves: " + saved);
            }
            var directory =
                    new Directory(
                            saved.ino(), parent, saved.name().getBytes(StandardCharsets.UTF_8));
            directories.put(directory.ino, directory);
            parent.children.put(directory.ino, directory);
        }
    }

    void clear() {
        root().children.clear();
        directories.keySet().removeIf(ino -> ino != ROOT);
    }

    void fill(Directory directory, AttrOut attr) {
        attr.ino(directory.ino)
                .mode(0x4000 | 0755)
                .links(2)
                .size(0)
                .times(createdSeconds, 0)
                .blockSize(4096)
                .timeout(TIMEOUT_SECONDS);
    }
}
