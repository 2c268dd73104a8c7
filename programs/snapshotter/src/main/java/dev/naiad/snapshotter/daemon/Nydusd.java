package dev.naiad.snapshotter.daemon;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.snapshotter.SnapshotterLogLines;
import dev.naiad.snapshotter.store.DaemonRecord;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One nydusd: started, adopted, watched, healed, ended. Every change of its life happens under its
 * lock, so a call that needs the daemon waits for a restart that is under way and never starts a
 * second process. Thread-safe.
 */
final class Nydusd {
    private static final Logger LOG = LoggerFactory.getLogger(Nydusd.class);
    private static final Duration CALL = Duration.ofSeconds(30);
    private static final Duration PROBE = Duration.ofSeconds(5);

    /** What a daemon needs from its surroundings. */
    record Surroundings(
            DaemonSettings settings,
            MountTable mounts,
            Consumer<DaemonRecord> save,
            Consumer<Nydusd> onDeath,
            Consumer<String> onEvent) {}

    private final Surroundings around;
    private final ReentrantLock lock = new ReentrantLock();

    /** The image of a dedicated daemon, empty for a shared one. */
    private final Optional<Path> bootstrap;

    /** What a shared daemon has to mount after a start, in order. */
    private final Supplier<List<Submount>> submounts;

    private final LivenessWatch watch;
    private final Incarnation process;

    @GuardedBy("lock") private HeldSession session;

    @GuardedBy("lock") private final RestartDelay delay = new RestartDelay(System::nanoTime);

    @GuardedBy("lock") private final FailoverPace pace = new FailoverPace(System::nanoTime);

    @GuardedBy("lock") private boolean ended;

    private volatile String version = "";

    Nydusd(
            DaemonRecord record,
            Optional<Path> bootstrap,
            Supplier<List<Submount>> submounts,
            Surroundings around) {
        this.watch = new LivenessWatch("liveness-" + record.id(), this::died);
        this.process = new Incarnation(record, around.settings(), around.mounts(), around.save());
        this.session = new HeldSession(record, around.settings().recoverPolicy());
        this.bootstrap = bootstrap;
        this.submounts = submounts;
        this.around = around;
    }

    DaemonRecord record() {
        return process.record();
    }

    String id() {
        return record().id();
    }

    boolean isRunning() {
        return watch.isOpen();
    }

    /** As it reported itself; empty until it ran. */
    String version() {
        return version;
    }

    NydusdClient client() {
        return new NydusdClient(Path.of(record().apiSocket()), CALL);
    }

    private NydusdClient probe() {
        return new NydusdClient(Path.of(record().apiSocket()), PROBE);
    }

    /**
     * Returns when it serves: at once, or after starting it (again). @throws NaiadException if it
     * does not come up
     */
    void ensureRunning(Optional<String> prefetchFiles) {
        lock.lock();
        try {
            if (ended) {
                throw new NaiadException(
                        ErrorKind.NOT_FOUND, "daemon " + id() + " was destroyed: not found");
            }
            // What an earlier snapshotter started may not have been looked at yet.
            if (!isRunning() && !(process.wasStarted() && adopt())) {
                start(prefetchFiles);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, "start daemon " + id() + ": interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** Takes over a process that an earlier snapshotter started, if it serves. */
    boolean adopt() {
        lock.lock();
        try {
            if (isRunning() || ended) {
                return isRunning();
            }
            var info = probe().daemonInfo();
            if (info.state() != DaemonState.RUNNING) {
                LOG.warn("Daemon {} is {}, not RUNNING", id(), info.state());
                return false;
            }
            version = info.version().packageVer();
            process.adopt();
            adoptSession(info.supervisor());
            watch();
            return true;
        } catch (NaiadException e) {
            LOG.debug("Daemon {} does not answer: {}", id(), e.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void adoptSession(Optional<String> supervisor) {
        if (around.settings().recoverPolicy() == RecoverPolicy.FAILOVER) {
            if (supervisor.isPresent() && !supervisor.get().equals(record().supervisorPath())) {
                process.supervisedAt(supervisor.get());
                session = new HeldSession(record(), RecoverPolicy.FAILOVER);
            } else if (supervisor.isEmpty()) {
                session.adoptedWithoutSupervisor(record().processId());
            }
            session.save(client()::sendFd);
        }
    }

    @GuardedBy("lock") private void start(Optional<String> prefetchFiles) throws InterruptedException {
        watch.close();
        if (session.isHeld()) {
            takeOver();
            return;
        }
        clearVestige();
        process.spawn(bootstrap, prefetchFiles);
        try {
            await(DaemonState.RUNNING);
            for (Submount submount : submounts.get()) {
                submount.mount(client());
            }
            session.started();
            session.save(client()::sendFd);
            watch();
        } catch (RuntimeException | InterruptedException e) {
            if (session.isHeld()) {
                process.reap(false); // it died before it was watched; the next one takes over
            } else {
                clearVestige();
            }
            throw e;
        }
    }

    /**
     * A successor continues the dead daemon's session: neither the mount nor the socket file may be
     * touched, the latter tells the new process to wait for the takeover. If that fails the session
     * stays held, for the next attempt.
     */
    @GuardedBy("lock") private void takeOver() throws InterruptedException {
        LOG.info(SnapshotterLogLines.FAILOVER, id());
        process.reap(false);
        process.spawn(bootstrap, Optional.empty());
        try {
            await(DaemonState.INIT);
            NydusdClient client = client();
            session.restore(client::takeover);
            client.start();
            await(DaemonState.RUNNING);
            session.started();
            session.save(client()::sendFd);
            watch();
        } catch (RuntimeException | InterruptedException e) {
            process.reap(false);
            throw e;
        }
    }

    private void await(DaemonState wanted) throws InterruptedException {
        version = process.await(probe(), wanted);
    }

    /** Adds an image to a shared daemon that runs. */
    void mount(Submount submount) {
        lock.lock();
        try {
            submount.mount(client());
            session.save(client()::sendFd);
        } finally {
            lock.unlock();
        }
    }

    /** Takes an image from a shared daemon; nothing to do if the daemon is dead. */
    void unmount(String mountpoint) {
        lock.lock();
        try {
            if (isRunning()) {
                client().unmount(mountpoint);
                session.save(client()::sendFd);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private void watch() {
        watch.open(client());
        delay.running();
        pace.running();
        LOG.info(SnapshotterLogLines.SUBSCRIBE, id(), record().apiSocket());
        around.onEvent().accept("RUNNING");
    }

    private void died(Object connection) {
        lock.lock();
        try {
            if (ended || !watch.end(connection)) {
                return;
            }
        } finally {
            lock.unlock();
        }
        LOG.warn(SnapshotterLogLines.DIED, id(), record().apiSocket());
        around.onEvent().accept("DIED");
        around.onDeath().accept(this);
    }

    /** How long to wait before the next start, after a death. */
    Duration pauseAfterDeath() {
        lock.lock();
        try {
            return session.isHeld() ? pace.died() : delay.died();
        } finally {
            lock.unlock();
        }
    }

    /** How long to wait after a failed start until the next; empty if it is not to be repeated. */
    Optional<Duration> pauseAfterFailure(RuntimeException failure) {
        lock.lock();
        try {
            if (ended || !session.isHeld()) {
                return Optional.empty();
            }
            Duration pause = pace.failed();
            if (Integer.bitCount(pace.failures()) == 1) {
                LOG.error(
                        "Daemon {}: failover failed {} times in a row, its session is kept and readers wait: {}",
                        id(),
                        pace.failures(),
                        failure.getMessage());
            }
            return Optional.of(pause);
        } finally {
            lock.unlock();
        }
    }

    /** After a death: reap the process, take its dead mount and its socket away. */
    @GuardedBy("lock") private void clearVestige() {
        process.reap(true);
        session.drop();
        process.removeLeftovers();
    }

    /** Ends the daemon and its mount for good. Idempotent. */
    void destroy() {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            LOG.info(SnapshotterLogLines.DESTROY, id(), record().mountpoint());
            watch.close();
            process.terminate();
            session.drop();
            process.awaitUnmounted();
            process.removeLeftovers();
            around.onEvent().accept("DESTROYED");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, "destroy daemon " + id() + ": interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    /** Stops watching; the process goes on. What a snapshotter that ends does to its daemons. */
    void abandon() {
        lock.lock();
        try {
            ended = true;
            watch.close();
            session.close();
            process.letGo();
        } finally {
            lock.unlock();
        }
    }
}
