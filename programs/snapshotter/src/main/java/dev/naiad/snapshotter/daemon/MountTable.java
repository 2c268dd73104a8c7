package dev.naiad.snapshotter.daemon;

import java.nio.file.Path;

/**
 * What is mounted in this process' mount namespace. Never touches a mounted file system: its daemon
 * may be dead. Failures are {@link dev.naiad.base.error.NaiadException}s.
 */
public interface MountTable {
    boolean isMounted(Path mountpoint);

    /**
     * Unmounts everything at that place, lazily where it is busy; nothing happens if nothing is.
     */
    void unmount(Path mountpoint);
}
