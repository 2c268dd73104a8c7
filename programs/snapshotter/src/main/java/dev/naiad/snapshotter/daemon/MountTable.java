package dev.naiad.snapshotter.daemon;

import java.io.IOException;
import java.nio.file.Path;

/**
 * What is mounted in this process' mount namespace. Never touches a mounted file system: its daemon
 * may be dead.
 */
public interface MountTable {
    boolean isMounted(Path mountpoint) throws IOException;

    /**
     * Unmounts everything at that place, lazily where it is busy; nothing happens if nothing is
     * mounted.
     */
    void unmount(Path mountpoint) throws IOException;
}
