package dev.naiad.base.log;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One thing that happened: what a formatter turns into a line. */
public record LogEvent(
        Instant time,
        LogLevel level,
        String logger,
        String thread,
        String message,
        List<Field> fields,
        @Nullable Throwable thrown) {

    /** A named value beside the message. */
    public record Field(String key, String value) {}
}
