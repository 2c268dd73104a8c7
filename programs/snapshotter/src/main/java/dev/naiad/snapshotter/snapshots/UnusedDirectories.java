package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.MountInfo;
import dev.naiad.snapshotter.store.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes directories that belong to no snapshot: those of removed ones, and what a kill left. Only
 * numbers that cannot be given out any more are touched, so no call that runs at the same time can
 * lose its directory. Thread-safe. A failure is logged and left to the next call.
 */
final class UnusedDirectories {
    private static final Logger LOG = LoggerFactory.getLogger(UnusedDirectories.class);

    private final Layout layout;
    private final SnapshotStore store;
    private final SnapshotDirectories directories;
    private final RafsMounts rafs;

    UnusedDirectories(
            Layout layout, SnapshotStore store, SnapshotDirectories directories, RafsMounts rafs) {
        this.layout = layout;
        this.store = store;
        this.directories = directories;
        this.rafs = rafs;
    }

    /** Deletes all of them, with their mounts. */
    void deleteAll() {
        SnapshotDirectories.Unused unused = find();
        unused.numbers().forEach(this::delete);
        unused.temporary().forEach(directories::deleteTemporary);
    }

    /** Deletes one of a snapshot that was removed, with its mount. */
    void delete(long id) {
        try {
            rafs.release(id);
            directories.delete(id);
        } catch (IOException | RuntimeException e) {
            LOG.warn("snapshot directory {} stays until the next cleanup: {}", id, e.getMessage());
        }
    }

    /**
     * Deletes those that nothing can be using. What is mounted or serves a mount stays for {@link
     * #deleteAll}, and so do files under a number that this database never gave out: it may be an
     * older copy, or a new one beside directories of running containers.
     */
    void deleteAtStart() {
        long last = store.lastId();
        SnapshotDirectories.Unused unused = find();
        List<MountInfo> mounts = MountInfo.current();
        for (long id : unused.numbers()) {
            if (rafs.serves(id) || isInUse(layout.snapshot(id), mounts)) {
                LOG.info("snapshot directory {} belongs to no snapshot but is in use", id);
                continue;
            }
            try {
                if (id <= last) {
                    directories.delete(id);
                } else if (!directories.deleteEmpty(id)) {
                    LOG.warn(
                            "snapshot directory {} holds files but the database does not know it; the next cleanup deletes it",
                            id);
                }
            } catch (IOException e) {
                LOG.warn("snapshot directory {} cannot be deleted: {}", id, e.getMessage());
            }
        }
        unused.temporary().forEach(directories::deleteTemporary);
    }

    private SnapshotDirectories.Unused find() {
        try {
            directories.numbers().stream().max(Long::compare).ifPresent(store::neverUse);
        } catch (NaiadException e) {
            LOG.warn("leftover snapshot directories stay for now: {}", e.getMessage());
        }
        return store.withoutChanges(directories::unused);
    }

    private static boolean isInUse(Path directory, List<MountInfo> mounts) {
        String below = directory + "/";
        return mounts.stream()
                .anyMatch(
                        mount ->
                                (mount.mountPoint() + "/").startsWith(below)
                                        || mount.superOptions().stream()
                                                .anyMatch(option -> option.contains(below)));
    }
}
