package dev.naiad.base.log;

import java.util.Locale;
import java.util.Optional;

/** How much is written: everything from this level up. */
public enum LogLevel {
    /** Every detail. */
    TRACE,
    /** Per request. */
    DEBUG,
    /** The life of the program. */
    INFO,
    /** Degraded, but serving. */
    WARN,
    /** Someone must act. */
    ERROR,
    /** Nothing. */
    OFF;

    /**
     * Reads {@code info}, {@code warning} and the like in any case; logrus's {@code panic} and
     * {@code fatal} are ERROR.
     */
    public static Optional<LogLevel> parse(String text) {
        return Optional.ofNullable(
                switch (text.toLowerCase(Locale.ROOT)) {
                    case "trace" -> TRACE;
                    case "debug" -> DEBUG;
                    case "info" -> INFO;
                    case "warn", "warning" -> WARN;
                    case "error", "fatal", "panic" -> ERROR;
                    case "off" -> OFF;
                    default -> null;
                });
    }
}
