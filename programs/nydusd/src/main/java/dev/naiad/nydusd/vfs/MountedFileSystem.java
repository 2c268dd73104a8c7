package dev.naiad.nydusd.vfs;

import dev.naiad.fuse.EntryOut;
import dev.naiad.fuse.FuseFileSystem;

/** A filesystem below the pseudo directories. It speaks in nodes of its {@link NodeSpace}. */
public interface MountedFileSystem extends FuseFileSystem, AutoCloseable {
    /** Describes its root as the target of a name. */
    int rootEntry(EntryOut out);

    /** Called when no request uses it any more. */
    @Override
    void close();
}
