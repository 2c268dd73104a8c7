package dev.naiad.snapshotter.daemon;

import dev.naiad.snapshotter.snapshots.RafsTree;
import dev.naiad.snapshotter.store.InstanceRecord;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One bootstrap layer's mount: absent, or served by a daemon. The fields are guarded by {@link
 * #lock}.
 */
final class ImageMount {
    final ReentrantLock lock = new ReentrantLock();

    private volatile @Nullable Served served;

    /**
     * A mount that is there.
     *
     * @param tree where it is
     * @param daemon who serves it
     */
    record Served(InstanceRecord record, RafsTree tree, Nydusd daemon) {}

    @Nullable Served served() {
        return served;
    }

    void served(@Nullable Served now) {
        served = now;
    }
}
