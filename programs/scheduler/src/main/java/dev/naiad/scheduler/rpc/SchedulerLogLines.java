package dev.naiad.scheduler.rpc;

/** Words in the scheduler's log that people search for. */
public final class SchedulerLogLines {
    /** Field that names a task. */
    public static final String TASK_ID = "taskID";

    /** Field that names a peer. */
    public static final String PEER_ID = "peerID";

    /** Field that names a host. */
    public static final String HOST_ID = "hostID";

    /** A peer registered; what follows is the first decision. */
    public static final String REGISTERED = "register peer";

    /** A seed is asked to fetch a task; its host id follows. */
    public static final String TRIGGER = "trigger seed peer download task";

    /** The scheduler serves; address follows. */
    public static final String SERVING = "started grpc server at";

    private SchedulerLogLines() {}
}
