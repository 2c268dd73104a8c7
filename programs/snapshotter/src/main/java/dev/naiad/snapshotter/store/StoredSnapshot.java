package dev.naiad.snapshotter.store;

/**
 * A snapshot with what only the store knows: the number that names its directory, and its recorded
 * disk usage.
 */
public record StoredSnapshot(long id, SnapshotInfo info, Usage usage) {
    public String directory() {
        return Long.toString(id);
    }
}
