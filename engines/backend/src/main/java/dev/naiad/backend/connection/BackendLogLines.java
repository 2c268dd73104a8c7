package dev.naiad.backend.connection;

/** Lines that people search nydusd's log for. */
public final class BackendLogLines {
    /** All mirrors failed. */
    public static final String MIRRORS_FAILED =
            "[mirror] request all servers failed, fallback to original server.";

    private BackendLogLines() {}
}
