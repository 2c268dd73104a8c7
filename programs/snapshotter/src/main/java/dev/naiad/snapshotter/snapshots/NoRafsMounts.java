package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.store.StoredSnapshot;

/** Refuses lazily loaded images by the driver's name. */
final class NoRafsMounts implements RafsMounts {
    private final FsDriver driver;

    NoRafsMounts(FsDriver driver) {
        this.driver = driver;
    }

    @Override
    public RafsTree mount(StoredSnapshot meta) {
        throw new NaiadException(
                ErrorKind.UNIMPLEMENTED,
                "mount snapshot "
                        + meta.id()
                        + ": filesystem driver "
                        + driver.word()
                        + " has no data plane");
    }

    @Override
    public void release(long snapshotId) {
        // Nothing was ever mounted.
    }

    @Override
    public boolean serves(long snapshotId) {
        return false;
    }
}
