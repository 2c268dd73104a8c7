package dev.naiad.nydusd.vfs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is mounted where in the tree of one FUSE mount: up to 255 filesystems. Requests may run
 * beside one change at a time; changes are serial.
 */
public final class VfsMounts {
    /** Highest index of a filesystem; 0 is the pseudo directories. */
    public static final int MAX_INDEX = 255;

    /** More than the kernel will ever give back. */
    private static final long UNKNOWN_REFERENCES = 1L << 50;

    private final PseudoTree pseudo;
    private final AtomicReferenceArray<@Nullable Mounted> slots =
            new AtomicReferenceArray<>(MAX_INDEX + 1);

    /**
     * References the kernel holds to nodes of each index: an index is free when it has none left.
     */
    private final AtomicLongArray references = new AtomicLongArray(MAX_INDEX + 1);

    private final Object changes = new Object();

    @GuardedBy("changes") private int lastIndex;

    @GuardedBy("changes") private long generation;

    private volatile @Nullable Mounted kernelRoot;

    /**
     * @param createdSeconds time stamp of the pseudo directories
     */
    public VfsMounts(long createdSeconds) {
        this.pseudo = new PseudoTree(createdSeconds);
    }

    /** What a successor needs to know. */
    public VfsState state() {
        synchronized (changes) {
            return pseudo.state(lastIndex, generation);
        }
    }

    /**
     * Becomes what another one was; before anything is mounted, which then is to be mounted by
     * {@link #remake}.
     */
    public void restore(VfsState state) {
        synchronized (changes) {
            pseudo.restore(state);
            lastIndex = state.lastIndex();
            generation = state.generation();
        }
    }

    /** Mounts what a predecessor had mounted, under the numbers that it had. */
    public void remake(
            String mountpoint, int index, long itsGeneration, FsStats stats, Factory factory) {
        synchronized (changes) {
            boolean atRoot = PseudoTree.components(mountpoint).isEmpty();
            var place = pseudo.find(mountpoint);
            if (place == null || slots.get(index) != null || mounted(mountpoint) != null) {
                throw new NaiadException(
                        ErrorKind.DATA_LOSS, "saved mounts contradict themselves: " + mountpoint);
            }
            var space = new NodeSpace(index, itsGeneration, 0, atRoot);
            var mounted = new Mounted(space, mountpoint, factory.apply(space), stats);
            slots.set(index, mounted);
            // What the kernel holds of it nobody knows any more.
            references.set(index, UNKNOWN_REFERENCES);
            if (atRoot) {
                kernelRoot = mounted;
            } else {
                place.mounted = mounted;
            }
        }
    }

    /** Index and generation of what is mounted there. */
    public NodeSpace space(String mountpoint) {
        synchronized (changes) {
            var mounted = mounted(mountpoint);
            if (mounted == null) {
                throw new NaiadException(ErrorKind.NOT_FOUND, "object or filesystem doesn't exist");
            }
            return mounted.space();
        }
    }

    /** Makes a filesystem for a place in the tree. */
    @FunctionalInterface
    public interface Factory extends Function<NodeSpace, MountedFileSystem> {}

    /** A name the kernel should forget. */
    @SuppressWarnings("ArrayRecordComponent") // handed on, compared nowhere
    public record StaleName(long parent, byte[] name) {}

    /**
     * Mounts. The directories up to the mountpoint come into being; a failing factory leaves
     * nothing.
     *
     * @param factory gets a space whose root number is still 0
     * @return names that the kernel may remember as something else
     * @throws NaiadException ALREADY_EXISTS, RESOURCE_EXHAUSTED with 255 mounts,
     *     FAILED_PRECONDITION below another mount, or what the factory throws
     */
    public List<StaleName> mount(String mountpoint, FsStats stats, Factory factory) {
        synchronized (changes) {
            if (mounted(mountpoint) != null) {
                throw new NaiadException(
                        ErrorKind.ALREADY_EXISTS, "object or filesystem already exists");
            }
            boolean atRoot = PseudoTree.components(mountpoint).isEmpty();
            var place = pseudo.find(mountpoint);
            if (kernelRoot != null
                    || pseudo.isBelowMount(mountpoint)
                    || (place != null && !place.children.isEmpty())) {
                throw new NaiadException(
                        ErrorKind.FAILED_PRECONDITION,
                        "filesystems cannot lie within each other: cannot mount " + mountpoint);
            }
            int index = freeIndex();
            var space = new NodeSpace(index, ++generation, 0, atRoot);
            var mounted = new Mounted(space, mountpoint, factory.apply(space), stats);
            slots.set(index, mounted);
            lastIndex = index;
            if (atRoot) {
                kernelRoot = mounted;
            } else {
                pseudo.make(mountpoint).mounted = mounted;
            }
            return place == null || place.parent == null
                    ? List.of()
                    : List.of(new StaleName(place.parent.ino, place.name));
        }
    }

    /**
     * Unmounts: later requests for its nodes fail. Returns when no request uses the filesystem any
     * more and it is closed.
     *
     * @return names that the kernel may still remember, deepest first
     * @throws NaiadException NOT_FOUND
     */
    public List<StaleName> unmount(String mountpoint) {
        Mounted mounted;
        List<PseudoTree.Removed> removed = List.of();
        synchronized (changes) {
            mounted = mounted(mountpoint);
            if (mounted == null) {
                throw new NaiadException(ErrorKind.NOT_FOUND, "object or filesystem doesn't exist");
            }
            if (mounted == kernelRoot) {
                kernelRoot = null;
            } else {
                var directory = pseudo.find(mountpoint);
                if (directory != null) {
                    directory.mounted = null;
                    removed = pseudo.prune(directory);
                    if (removed.isEmpty() && directory.parent != null) {
                        removed =
                                List.of(
                                        new PseudoTree.Removed(
                                                directory.parent.ino, directory.name));
                    }
                }
            }
            slots.set(mounted.index(), null);
        }
        mounted.drain();
        mounted.fs().close();
        return removed.stream().map(r -> new StaleName(r.parent(), r.name())).toList();
    }

    /**
     * Puts another filesystem in the place of one; if it cannot be made, the old one stays.
     *
     * @return names that the kernel may remember of the old one
     * @throws NaiadException NOT_FOUND
     */
    public List<StaleName> remount(String mountpoint, FsStats stats, Factory factory) {
        Mounted old;
        List<StaleName> stale = List.of();
        synchronized (changes) {
            old = mounted(mountpoint);
            if (old == null) {
                throw new NaiadException(ErrorKind.NOT_FOUND, "object or filesystem doesn't exist");
            }
            boolean atRoot = old == kernelRoot;
            var space = new NodeSpace(old.index(), ++generation, 0, atRoot);
            var fresh = new Mounted(space, mountpoint, factory.apply(space), stats);
            if (atRoot) {
                kernelRoot = fresh;
            } else {
                var place = pseudo.find(mountpoint);
                if (place != null && place.parent != null) {
                    place.mounted = fresh;
                    stale = List.of(new StaleName(place.parent.ino, place.name));
                }
            }
            slots.set(old.index(), fresh);
        }
        old.drain();
        old.fs().close();
        return stale;
    }

    /** Unmounts everything; for the end of the daemon. */
    public void unmountAll() {
        for (int i = 1; i <= MAX_INDEX; i++) {
            var mounted = slots.get(i);
            if (mounted != null) {
                var _ = unmount(mounted.mountpoint());
            }
        }
    }

    /**
     * Unmounts everything and forgets all directories: as new, so that another {@link #restore} can
     * be tried.
     */
    public void clear() {
        unmountAll();
        synchronized (changes) {
            pseudo.clear();
        }
    }

    private @Nullable Mounted mounted(String mountpoint) {
        if (PseudoTree.components(mountpoint).isEmpty()) {
            return kernelRoot;
        }
        var directory = pseudo.find(mountpoint);
        return directory == null ? null : directory.mounted;
    }

    /** The next index in turn; one whose nodes the kernel still holds only if there is no other. */
    @GuardedBy("changes") private int freeIndex() {
        int held = 0;
        for (int i = 1; i <= MAX_INDEX; i++) {
            int candidate = (lastIndex + i - 1) % MAX_INDEX + 1;
            if (slots.get(candidate) == null) {
                if (references.get(candidate) == 0) {
                    return candidate;
                }
                held = held == 0 ? candidate : held;
            }
        }
        if (held == 0) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED, "vfs maximum mountpoints reached");
        }
        return held;
    }

    /** The filesystem that serves a node, entered; null where it is a pseudo directory or gone. */
    @Nullable Mounted enter(long node) {
        int index = NodeSpace.indexOf(node);
        var mounted = index == 0 ? (node == PseudoTree.ROOT ? kernelRoot : null) : slots.get(index);
        return mounted != null && mounted.enter() ? mounted : null;
    }

    /** Notes that the kernel has so many references more, or fewer, to nodes of an index. */
    void addReferences(int index, long count) {
        references.addAndGet(index, count);
    }

    PseudoTree pseudo() {
        return pseudo;
    }
}
