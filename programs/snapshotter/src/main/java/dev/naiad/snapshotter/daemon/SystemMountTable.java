package dev.naiad.snapshotter.daemon;

import dev.naiad.linux.Mount;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import java.nio.file.Path;

/** The kernel's mount table. */
public final class SystemMountTable implements MountTable {
    private static final int MOST = 64;

    @Override
    public boolean isMounted(Path mountpoint) {
        return MountInfo.at(RawPath.of(mountpoint)).isPresent();
    }

    @Override
    public void unmount(Path mountpoint) {
        // A daemon that was started over a dead mount leaves two, one upon the other.
        for (int i = 0; i < MOST && isMounted(mountpoint); i++) {
            Mount.umountIfMounted(RawPath.of(mountpoint));
        }
    }
}
