package dev.naiad.snapshotter;

/** The log lines that operators and other programs look for. Their words do not change. */
public final class SnapshotterLogLines {
    /** Version, process id, driver, mode. */
    public static final String START =
            "Start nydus-snapshotter. Version: {}, PID: {}, FsDriver: {}, DaemonMode: {}";

    public static final String SHUTDOWN = "Shutting down nydus-snapshotter!";
    public static final String EXITED = "nydus-snapshotter exited";
    public static final String FAILED = "failed to start nydus-snapshotter";
    public static final String MONITOR = "Run daemons monitor...";
    public static final String GC_START = "gc goroutine start...";
    public static final String FOUND_DAEMONS = "found {} daemons running";
    public static final String SHARED_DAEMON = "initializing shared nydus daemon for fusedev";

    /** The whole command line. */
    public static final String NYDUSD_COMMAND = "nydusd command: {}";

    /** Daemon id, socket. */
    public static final String SUBSCRIBE = "Subscribe daemon {} liveness event, path={}.";

    /** Daemon id, socket. */
    public static final String DIED = "Daemon {} died! socket path {}";

    public static final String RESTART = "Restart daemon {}";
    public static final String FAILOVER = "Do failover for daemon {}";

    /** Daemon id, mountpoint. */
    public static final String DESTROY = "Destroy nydusd daemon {}. Host mountpoint {}";

    private SnapshotterLogLines() {}
}
