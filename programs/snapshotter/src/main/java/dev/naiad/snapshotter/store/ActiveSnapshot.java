package dev.naiad.snapshotter.store;

import java.util.List;

/** An active snapshot or a view with the directory numbers of its ancestors, the nearest first. */
public record ActiveSnapshot(long id, SnapshotKind kind, List<Long> parentIds) {
    public ActiveSnapshot {
        parentIds = List.copyOf(parentIds);
    }
}
