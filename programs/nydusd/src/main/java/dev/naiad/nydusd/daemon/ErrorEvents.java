package dev.naiad.nydusd.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.config.JsonWriter;
import java.util.ArrayDeque;
import java.util.Deque;

/** The last failures, bounded in number and size. */
public final class ErrorEvents {
    static final int MAX_ERRORS = 500;
    static final int MAX_SIZE = 51_200;

    @GuardedBy("this") private final Deque<String> errors = new ArrayDeque<>();

    @GuardedBy("this") private long totalErrors;

    @GuardedBy("this") private long totalSize;

    @GuardedBy("this") private int size;

    synchronized void add(String error) {
        errors.add(error);
        size += error.length();
        totalErrors++;
        totalSize += error.length();
        while (errors.size() > MAX_ERRORS || (size > MAX_SIZE && errors.size() > 1)) {
            size -= errors.remove().length();
        }
    }

    /** Answer of {@code /daemon/events}. */
    public synchronized String toJson() {
        return JsonWriter.compact()
                .object()
                .put("max_errors", MAX_ERRORS)
                .put("total_errors", totalErrors)
                .put("max_size", MAX_SIZE)
                .put("total_size", totalSize)
                .put("errors", errors)
                .end()
                .toString();
    }
}
