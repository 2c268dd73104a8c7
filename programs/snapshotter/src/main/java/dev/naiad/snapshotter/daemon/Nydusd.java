package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.snapshotter.LogLines;
import dev.naiad.snapshotter.store.DaemonRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
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
    private static final Duration EXIT = Duration.ofSeconds(10);
    private static final Duration UNMOUNT = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 50;

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

    /** Holds the session for a successor; guarded by lock. */
    private final Optional<Supervisor> supervisor;

    // All guarded by lock; the volatile ones are also read without it, for reports.
    private volatile DaemonRecord record;
    private volatile boolean running;
    private boolean ended;
    private boolean stateRefused;
    private final RestartDelay delay = new RestartDelay();
    private @Nullable DaemonProcess process;
    private NydusdClient.@Nullable Liveness liveness;
    private volatile String version = "";

    Nydusd(
            DaemonRecord record,
            Optional<Path> bootstrap,
            Supplier<List<Submount>> submounts,
            Surroundings around) {
        this.record = record;
        this.bootstrap = bootstrap;
        this.submounts = submounts;
        this.around = around;
        this.supervisor =
                record.supervisorPath().isEmpty()
                                || around.settings().recoverPolicy() != RecoverPolicy.FAILOVER
                        ? Optional.empty()
                        : Optional.of(new Supervisor(Path.of(record.supervisorPath())));
    }

    DaemonRecord record() {
        return record;
    }

    String id() {
        return record.id();
    }

    boolean isRunning() {
        return running;
    }

    /** As it reported itself; empty until it ran. */
    String version() {
        return version;
    }

    NydusdClient client() {
        return new NydusdClient(Path.of(record.apiSocket()), CALL);
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
            if (!running && !(wasStarted() && adopt())) {
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

    private boolean wasStarted() {
        return record.processId() > 0 || Files.exists(Path.of(record.apiSocket()));
    }

    /** Takes over a process that an earlier snapshotter started, if it serves. */
    boolean adopt() {
        lock.lock();
        try {
            if (running || ended) {
                return running;
            }
            var info = new NydusdClient(Path.of(record.apiSocket()), PROBE).daemonInfo();
            if (info.state() != DaemonState.RUNNING) {
                LOG.warn("Daemon {} is {}, not RUNNING", id(), info.state());
                return false;
            }
            version = info.version().packageVer();
            process = DaemonProcess.find(record.processId(), record.apiSocket()).orElse(null);
            var found = process;
            if (found != null && found.pid() != record.processId()) {
                save(record.withProcess(found.pid()));
            }
            saveState();
            watch();
            return true;
        } catch (NaiadException e) {
            LOG.debug("Daemon {} does not answer: {}", id(), e.getMessage());
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void start(Optional<String> prefetchFiles) throws InterruptedException {
        closeLiveness();
        if (supervisor.isPresent() && supervisor.get().holdsState()) {
            try {
                takeOver(supervisor.get());
                return;
            } catch (NaiadException e) {
                LOG.error(
                        "Daemon {}: failover failed, running containers of its images lose their root: {}",
                        id(),
                        e.getMessage());
                supervisor.get().drop();
            }
        }
        clearVestige();
        DaemonProcess started = spawn(prefetchFiles);
        try {
            await(started, DaemonState.RUNNING);
            for (Submount submount : submounts.get()) {
                submount.mount(client());
            }
            saveState();
            watch();
        } catch (RuntimeException | InterruptedException e) {
            clearVestige();
            throw e;
        }
    }

    /**
     * A successor continues the dead daemon's session: neither the mount nor the socket file may be
     * touched, the latter tells the new process to wait for the takeover.
     */
    private void takeOver(Supervisor held) throws InterruptedException {
        LOG.info(LogLines.FAILOVER, id());
        reap(false);
        DaemonProcess successor = spawn(Optional.empty());
        try {
            await(successor, DaemonState.INIT);
            NydusdClient client = client();
            held.restore(client::takeover);
            client.start();
            await(successor, DaemonState.RUNNING);
            saveState();
            watch();
        } catch (NaiadException | InterruptedException e) {
            reap(false);
            throw e;
        }
    }

    /**
     * Keeps the daemon's session so that a successor can continue it; without, a death costs it.
     */
    private void saveState() {
        if (supervisor.isEmpty()) {
            return;
        }
        try {
            supervisor.get().fetch(client()::sendFd);
        } catch (NaiadException e) {
            if (!stateRefused) {
                stateRefused = true;
                LOG.warn(
                        "Daemon {} does not hand out its session, so failover acts as restart: {}",
                        id(),
                        e.getMessage());
            }
        }
    }

    private DaemonProcess spawn(Optional<String> prefetchFiles) {
        Path socket = Path.of(record.apiSocket());
        try {
            Files.createDirectories(parent(socket));
            if (!around.mounts().isMounted(Path.of(record.mountpoint()))) {
                Files.createDirectories(Path.of(record.mountpoint()));
            }
            if (!record.logToStdout()) {
                Files.createDirectories(Path.of(record.logDir()));
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.INTERNAL, "start daemon: " + e.getMessage(), e);
        }
        List<String> command =
                DaemonCommand.of(
                        around.settings().nydusd(), record, bootstrap, false, prefetchFiles);
        LOG.info(LogLines.NYDUSD_COMMAND, String.join(" ", command));
        DaemonProcess started = DaemonProcess.start(command, output());
        process = started;
        save(record.withProcess(started.pid()));
        return started;
    }

    private Optional<Path> output() {
        return record.logToStdout()
                ? Optional.empty()
                : Optional.of(Path.of(record.logDir()).resolve("nydusd.out"));
    }

    private static Path parent(Path file) {
        Path parent = file.getParent();
        return parent == null ? Path.of("/") : parent;
    }

    private void await(DaemonProcess started, DaemonState wanted) throws InterruptedException {
        version =
                Readiness.await(
                        new NydusdClient(Path.of(record.apiSocket()), PROBE),
                        started,
                        wanted,
                        output(),
                        around.settings().startDeadline());
    }

    /** Adds an image to a shared daemon that runs. */
    void mount(Submount submount) {
        lock.lock();
        try {
            submount.mount(client());
            saveState();
        } finally {
            lock.unlock();
        }
    }

    /** Takes an image from a shared daemon; nothing to do if the daemon is dead. */
    void unmount(String mountpoint) {
        lock.lock();
        try {
            if (running) {
                client().unmount(mountpoint);
                saveState();
            }
        } finally {
            lock.unlock();
        }
    }

    private void watch() {
        var opened = client().openLiveness();
        liveness = opened;
        running = true;
        delay.running();
        LOG.info(LogLines.SUBSCRIBE, id(), record.apiSocket());
        around.onEvent().accept("RUNNING");
        Thread.ofVirtual()
                .name("liveness-" + id())
                .start(
                        () -> {
                            if (opened.awaitEnd()) {
                                died(opened);
                            }
                        });
    }

    @SuppressWarnings("ReferenceEquality") // this very connection, not one that looks alike
    private void died(NydusdClient.Liveness connection) {
        lock.lock();
        try {
            if (liveness != connection || ended) {
                return;
            }
            closeLiveness();
        } finally {
            lock.unlock();
        }
        LOG.warn(LogLines.DIED, id(), record.apiSocket());
        around.onEvent().accept("DIED");
        around.onDeath().accept(this);
    }

    /** How long to wait before the next start, after a death. */
    Duration restartDelay() {
        lock.lock();
        try {
            return delay.died();
        } finally {
            lock.unlock();
        }
    }

    private void closeLiveness() {
        running = false;
        var open = liveness;
        liveness = null;
        if (open != null) {
            open.close();
        }
    }

    /** After a death: reap the process, take its dead mount and its socket away. */
    private void clearVestige() {
        reap(true);
        if (supervisor.isPresent()) {
            supervisor.get().drop();
        }
        removeLeftovers();
    }

    /**
     * Sees that the old process is gone.
     *
     * @param gently with SIGTERM, which has it unmount; a session that goes on needs SIGKILL
     */
    private void reap(boolean gently) {
        var old = currentProcess();
        if (old != null) {
            if (old.isAlive()) {
                LOG.warn("Daemon {}: process {} does not serve, ending it", id(), old.pid());
                if (gently) {
                    old.terminate(EXIT);
                } else {
                    old.kill(EXIT);
                }
            }
            old.close();
        }
        process = null;
    }

    private @Nullable DaemonProcess currentProcess() {
        return process != null
                ? process
                : DaemonProcess.find(record.processId(), record.apiSocket()).orElse(null);
    }

    private void removeLeftovers() {
        try {
            around.mounts().unmount(Path.of(record.mountpoint()));
            Files.deleteIfExists(Path.of(record.apiSocket()));
        } catch (IOException | NaiadException e) {
            LOG.warn("Daemon {}: cannot clear what the last one left: {}", id(), e.getMessage());
        }
    }

    /** Ends the daemon and its mount for good. Idempotent. */
    void destroy() {
        lock.lock();
        try {
            if (ended) {
                return;
            }
            ended = true;
            LOG.info(LogLines.DESTROY, id(), record.mountpoint());
            closeLiveness();
            var found = currentProcess();
            if (found != null) {
                found.terminate(EXIT);
                found.close();
                process = null;
            }
            supervisor.ifPresent(Supervisor::drop);
            awaitUnmounted();
            removeLeftovers();
            around.onEvent().accept("DESTROYED");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, "destroy daemon " + id() + ": interrupted", e);
        } finally {
            lock.unlock();
        }
    }

    private void awaitUnmounted() throws InterruptedException {
        long end = System.nanoTime() + UNMOUNT.toNanos();
        while (around.mounts().isMounted(Path.of(record.mountpoint())) && System.nanoTime() < end) {
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Stops watching; the process goes on. What a snapshotter that ends does to its daemons. */
    void abandon() {
        lock.lock();
        try {
            ended = true;
            closeLiveness();
            supervisor.ifPresent(Supervisor::close);
            if (process != null) {
                process.close();
                process = null;
            }
        } finally {
            lock.unlock();
        }
    }

    private void save(DaemonRecord changed) {
        record = changed;
        around.save().accept(changed);
    }
}
