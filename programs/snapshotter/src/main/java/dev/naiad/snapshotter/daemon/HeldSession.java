package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.store.DaemonRecord;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session of one daemon, held for a successor where the policy is failover; else nothing is
 * ever held. Not thread-safe: used under its daemon's lock.
 */
final class HeldSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HeldSession.class);

    private final String daemon;
    private final Optional<Supervisor> supervisor;

    /** Whether the process that runs was started with a supervisor. */
    private boolean supervised = true;

    private boolean refused;

    HeldSession(DaemonRecord record, RecoverPolicy policy) {
        this.daemon = record.id();
        this.supervisor =
                record.supervisorPath().isEmpty() || policy != RecoverPolicy.FAILOVER
                        ? Optional.empty()
                        : Optional.of(new Supervisor(Path.of(record.supervisorPath())));
    }

    /** Whether a successor could go on where a dead daemon stopped. */
    boolean isHeld() {
        return supervisor.map(Supervisor::holdsState).orElse(false);
    }

    /** A process of ours runs: it was given the supervisor's socket. */
    void started() {
        supervised = true;
    }

    /** A process of an earlier snapshotter runs, which was given no supervisor. */
    void adoptedWithoutSupervisor(int processId) {
        supervised = false;
        if (supervisor.isPresent()) {
            LOG.warn(
                    "Daemon {} does not hand out its session, so failover acts as restart: process {} was started"
                            + " without --supervisor, before recover_policy was failover. If it dies, running containers"
                            + " of its images lose their root. To protect them, stop these containers and end the process:"
                            + " the next one is started with --supervisor",
                    daemon,
                    processId);
        }
    }

    /**
     * Keeps the session as it is now; without, a death costs it. A daemon that does not hand it out
     * is only complained of, once, and what was held before stays.
     *
     * @param ask tells the daemon to hand it over
     */
    void save(Runnable ask) {
        if (supervisor.isEmpty() || !supervised) {
            return;
        }
        try {
            supervisor.get().fetch(ask);
            refused = false;
        } catch (NaiadException e) {
            if (!refused) {
                refused = true;
                LOG.warn(
                        isHeld()
                                ? "Daemon {} does not hand out its session, an older state is kept: {}"
                                : "Daemon {} does not hand out its session, so failover acts as restart: {}",
                        daemon,
                        e.getMessage());
            }
        }
    }

    /**
     * Hands the session to a successor; it stays held too. Only while {@link #isHeld}.
     *
     * @param takeover tells the successor to fetch it; returns when it has
     */
    void restore(Runnable takeover) {
        supervisor.orElseThrow().restore(takeover);
    }

    /** Lets go of the session. */
    void drop() {
        supervisor.ifPresent(Supervisor::drop);
    }

    @Override
    public void close() {
        supervisor.ifPresent(Supervisor::close);
    }
}
