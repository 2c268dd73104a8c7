package dev.naiad.snapshotter.snapshots;

import java.nio.file.Path;

/** Where everything lies below the snapshotter's root. */
public record Layout(Path root) {
    public Path snapshots() {
        return root.resolve("snapshots");
    }

    /** The directory of one snapshot. */
    public Path snapshot(long id) {
        return snapshots().resolve(Long.toString(id));
    }

    /** A layer's content, or an overlay's upper directory. */
    public Path fs(long id) {
        return snapshot(id).resolve("fs");
    }

    public Path work(long id) {
        return snapshot(id).resolve("work");
    }

    /** Where a dedicated nydusd mounts the image of this bootstrap layer. */
    public Path rafsMountpoint(long id) {
        return snapshot(id).resolve("mnt");
    }

    public Path metadataDb() {
        return root.resolve("metadata.db");
    }

    public Path nydusDb() {
        return root.resolve("nydus.db");
    }

    /** The tree of a shared nydusd; one directory below it for each image. */
    public Path sharedMountpoint() {
        return root.resolve("mnt");
    }

    public Path configDir(String daemonId) {
        return root.resolve("config").resolve(daemonId);
    }

    public Path socketDir(String daemonId) {
        return root.resolve("socket").resolve(daemonId);
    }

    public Path supervisorSocket(String daemonId) {
        return root.resolve("supervisor").resolve(daemonId + ".sock");
    }

    public Path cache() {
        return root.resolve("cache");
    }
}
