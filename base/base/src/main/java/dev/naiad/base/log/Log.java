package dev.naiad.base.log;

import java.time.InstantSource;

/**
 * The process's log: the one place where SLF4J's static access forces static state on us. Before
 * {@link #configure} everything from WARN up goes to standard error. Safe for use by many threads.
 */
public final class Log {
    private static volatile State state =
            new State(LogLevel.WARN, LogFormats.LOGRUS, LogTarget.stderr(), InstantSource.system());

    private Log() {}

    record State(LogLevel level, LogFormat format, LogTarget target, InstantSource clock) {}

    /** Sets everything; the former target is not closed. */
    public static void configure(
            LogLevel level, LogFormat format, LogTarget target, InstantSource clock) {
        state = new State(level, format, target, clock);
    }

    /** {@link #configure(LogLevel, LogFormat, LogTarget, InstantSource)} with the system clock. */
    public static void configure(LogLevel level, LogFormat format, LogTarget target) {
        configure(level, format, target, InstantSource.system());
    }

    /** Changes the level of a running program. */
    public static void setLevel(LogLevel level) {
        State now = state;
        state = new State(level, now.format, now.target, now.clock);
    }

    /** The level now. */
    public static LogLevel level() {
        return state.level;
    }

    static State state() {
        return state;
    }
}
