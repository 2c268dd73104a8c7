package dev.naiad.dfdaemon.task;

import dev.naiad.dfdaemon.storage.StoredTask;
import java.util.List;

/**
 * What the parts of an active task know of the whole, and how they wake it. The object itself is
 * the lock of all parts; but for {@link #stored}, {@link #now} and {@link #moved} it is held in
 * every call.
 */
interface TaskContext {
    StoredTask stored();

    boolean isClosed();

    /** Pieces that are not here. */
    List<Integer> missing();

    /** Whether nothing is taken from a host for this task any more. */
    boolean isBanned(String hostId);

    /** The credentials of the newest reader; may be empty. */
    String authorization();

    /** The time, in nanoseconds. */
    long now();

    /** Bytes, or word of them, came. */
    void moved();

    /** Something changed: what can begin now begins. */
    void pump();
}
