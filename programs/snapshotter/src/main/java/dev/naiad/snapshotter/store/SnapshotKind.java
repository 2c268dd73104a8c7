package dev.naiad.snapshotter.store;

/** What a snapshot is; {@link #stored} is its byte in metadata.db. */
public enum SnapshotKind {
    VIEW(1),
    ACTIVE(2),
    COMMITTED(3);

    private final int stored;

    SnapshotKind(int stored) {
        this.stored = stored;
    }

    int stored() {
        return stored;
    }

    /** The word that list filters use. */
    public String word() {
        return switch (this) {
            case VIEW -> "view";
            case ACTIVE -> "active";
            case COMMITTED -> "committed";
        };
    }

    static SnapshotKind ofStored(int value) {
        for (SnapshotKind kind : values()) {
            if (kind.stored == value) {
                return kind;
            }
        }
        throw new IllegalArgumentException("snapshot kind " + value);
    }
}
