package dev.naiad.backend.connection;

import dev.naiad.backend.ReadPriority;
import dev.naiad.base.concurrent.Deadline;
import java.util.Set;

/**
 * One try of a request.
 *
 * @param avoid mirrors that failed this request before
 * @param direct neither proxy nor mirrors: what came through them was wrong
 */
public record Attempt(ReadPriority priority, Deadline deadline, Set<Mirror> avoid, boolean direct) {
    public Attempt {
        avoid = Set.copyOf(avoid);
    }

    /** A first try. */
    public static Attempt first(ReadPriority priority, Deadline deadline) {
        return new Attempt(priority, deadline, Set.of(), false);
    }
}
