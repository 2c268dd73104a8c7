package dev.naiad.nydusd.daemon;

/** Lines of the log that people and scripts search for. Placeholders are SLF4J's. */
public final class NydusdLogLines {
    /** The first line. */
    public static final String VERSION =
            "Program Version: {}, Git Commit: {}, Build Time: {}, Profile: {}, Rustc Version: {}";

    public static final String RLIMIT = "Set rlimit-nofile to {}, maximum {}";

    /** Each transition: from, to, event. */
    public static final String STATE =
            "State machine(pid={}): from {} to {}, input [{}], output [{}]";

    /**
     * The connection of a backend: the line that the guide greps for, completed by its description.
     */
    public static final String BACKEND_CONFIG = "backend config: {}";

    public static final String SERVERS = "start fuse servers with {} worker threads";
    public static final String IMPORTED = "RAFS filesystem imported";
    public static final String FEATURES = "RAFS features: {}";
    public static final String MOUNTED = "Rafs filesystem mounted at {}";
    public static final String RESTORED = "backend fs restored at {}";
    public static final String UNMOUNTED = "Rafs filesystem umounted at {}";
    public static final String API_RUNNING = "HTTP API server running at {}";
    public static final String STARTED = "Fuse daemon started!";
    public static final String CRASHED = "A previous daemon crashed! Try to failover later.";
    public static final String EXIT_BY_HTTP = "exit daemon by http request";
    public static final String QUITS = "nydusd quits";

    private NydusdLogLines() {}
}
