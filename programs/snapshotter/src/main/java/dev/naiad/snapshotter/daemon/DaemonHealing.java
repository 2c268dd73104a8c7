package dev.naiad.snapshotter.daemon;

import dev.naiad.snapshotter.SnapshotterLogLines;
import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Brings daemons back that died, as the recover policy wants it. Thread-safe. */
final class DaemonHealing {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonHealing.class);

    private final RecoverPolicy policy;
    private volatile boolean closed;

    DaemonHealing(RecoverPolicy policy) {
        this.policy = policy;
    }

    /** From now on the dead stay dead. */
    void close() {
        closed = true;
    }

    /** Starts a dead daemon again, if the policy is to. */
    void heal(Nydusd daemon) {
        if (closed) {
            return;
        }
        switch (policy) {
            case NONE -> LOG.warn("Daemon {} is dead and the recover policy is none", daemon.id());
            case RESTART -> {
                LOG.info(SnapshotterLogLines.RESTART, daemon.id());
                daemon.ensureRunning(Optional.empty());
            }
            // The daemon itself fails over if it holds a session, and says so if it cannot.
            case FAILOVER -> daemon.ensureRunning(Optional.empty());
        }
    }

    /** Does so soon, in the background. */
    void died(Nydusd daemon) {
        Thread.ofPlatform().daemon().name("heal-" + daemon.id()).start(() -> healLater(daemon));
    }

    /** Until it runs, or until there is nothing left to lose. */
    private void healLater(Nydusd daemon) {
        try {
            Optional<Duration> pause = Optional.of(daemon.pauseAfterDeath());
            while (pause.isPresent()) {
                Thread.sleep(pause.get());
                pause = attempt(daemon);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Answers what to wait before the next attempt, if there is to be one. */
    private Optional<Duration> attempt(Nydusd daemon) {
        try {
            heal(daemon);
            return Optional.empty();
        } catch (RuntimeException e) {
            Optional<Duration> pause = daemon.pauseAfterFailure(e);
            if (pause.isEmpty()) {
                LOG.error(
                        "Daemon {} does not come back; the next container of its images tries again: {}",
                        daemon.id(),
                        e.getMessage());
            }
            return pause;
        }
    }
}
