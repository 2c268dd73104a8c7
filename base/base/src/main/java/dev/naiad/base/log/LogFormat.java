package dev.naiad.base.log;

/**
 * Turns an event into text with line ends. Stateless. The originals' formats are in {@link
 * LogFormats}.
 */
@FunctionalInterface
public interface LogFormat {
    /** Appends the event's lines, each with its line end. */
    void append(StringBuilder out, LogEvent event);
}
