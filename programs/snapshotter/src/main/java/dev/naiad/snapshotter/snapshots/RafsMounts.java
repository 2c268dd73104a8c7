package dev.naiad.snapshotter.snapshots;

import dev.naiad.snapshotter.store.StoredSnapshot;

/**
 * The data plane as the snapshot logic sees it. The caller of {@link #mount} owes a {@link
 * #release} once the bootstrap layer's directory is given up; releasing what was never mounted is
 * allowed.
 */
public interface RafsMounts {
    /**
     * Makes the tree of this bootstrap layer readable: starts or reuses a daemon, heals a dead one,
     * and waits until it serves. Callers for the same layer wait for each other.
     */
    RafsTree mount(StoredSnapshot meta);

    /** Takes the tree away and everything that served only it. */
    void release(long snapshotId);

    /** Whether the tree of this bootstrap layer is mounted, or will be again. */
    boolean serves(long snapshotId);

    /** A data plane that has none: lazily loaded images are refused, plain ones work. */
    static RafsMounts none(FsDriver driver) {
        return new NoRafsMounts(driver);
    }
}
