package dev.naiad.backend.connection;

import dev.naiad.backend.ReadPriority;
import dev.naiad.base.concurrent.Deadline;
import java.util.Set;

/**
 * One try of a request.
 *
 * @param avoid mirrors that failed this request before
 * @param direct neither proxy nor mirrors: what came through them was wrong
 * @param suspects mirrors that failed it and may not be to blame; shared by all its tries
 */
public record Attempt(
        ReadPriority priority,
        Deadline deadline,
        Set<Mirror> avoid,
        boolean direct,
        Suspects suspects) {
    public Attempt {
        avoid = Set.copyOf(avoid);
    }

    /** A first try. */
    public static Attempt first(ReadPriority priority, Deadline deadline) {
        return new Attempt(priority, deadline, Set.of(), false, new Suspects());
    }
}
