package dev.naiad.scheduler.resource;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Whether a seed is being asked for a task, and whether one failed at it. Guarded by its swarm. */
final class SeedAttempt {
    /** A seed that failed is not asked again for this long. */
    static final Duration FAILURE_MEMORY = Duration.ofMinutes(30);

    private Optional<Instant> since = Optional.empty();
    private Optional<Instant> failedAt = Optional.empty();

    /** Since when a seed is being asked. */
    Optional<Instant> since() {
        return since;
    }

    /** A seed is being asked; false when one already is. */
    boolean begin(Instant now) {
        if (since.isPresent()) {
            return false;
        }
        since = Optional.of(now);
        return true;
    }

    void end() {
        since = Optional.empty();
    }

    void failed(Instant now) {
        failedAt = Optional.of(now);
    }

    boolean failedRecently(Instant now) {
        return failedAt.filter(at -> Duration.between(at, now).compareTo(FAILURE_MEMORY) < 0)
                .isPresent();
    }
}
