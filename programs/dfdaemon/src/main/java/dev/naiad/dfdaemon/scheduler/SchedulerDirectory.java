package dev.naiad.dfdaemon.scheduler;

import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Task;
import io.grpc.Channel;
import java.util.Optional;

/** The schedulers as tasks see them. */
public interface SchedulerDirectory {
    /** A connection to the scheduler that answers for the task, if one is thought to be up. */
    Optional<Channel> channelOf(String taskId);

    /** What the scheduler knows of a task; empty if nothing or if it cannot be asked. */
    Optional<Task> stat(String taskId);

    /** Tells the scheduler of a task that it is held here completely; waits for it, not long. */
    void announceHeld(String taskId, Download download);

    /** A scheduler does not know this host: it is to be announced at once. */
    void hostUnknown();

    /** A conversation broke for want of a connection. */
    void unreachable(String taskId);
}
