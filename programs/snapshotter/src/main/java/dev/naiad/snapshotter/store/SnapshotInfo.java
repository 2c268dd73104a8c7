package dev.naiad.snapshotter.store;

import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/**
 * One snapshot as containerd sees it. {@code name} is its key until it is committed, its name
 * afterwards; {@code parent} is empty for a base.
 */
public record SnapshotInfo(
        String name,
        String parent,
        SnapshotKind kind,
        Instant created,
        Instant updated,
        Map<String, String> labels) {
    public SnapshotInfo {
        labels = java.util.Collections.unmodifiableMap(new TreeMap<>(labels));
    }
}
