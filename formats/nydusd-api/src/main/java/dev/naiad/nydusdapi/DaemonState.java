package dev.naiad.nydusdapi;

/** States of the daemon as its API spells them. */
public enum DaemonState {
    /** Started, nothing mounted: waits for a takeover. */
    INIT,
    /** Holds a mount, does not serve it. */
    READY,
    /** Serves. */
    RUNNING,
    /** Ended, or about to. */
    STOPPED,
    /** Any text that is none of these. */
    UNKNOWN;

    public static DaemonState of(String text) {
        for (var state : values()) {
            if (state.name().equals(text)) {
                return state;
            }
        }
        return UNKNOWN;
    }
}
