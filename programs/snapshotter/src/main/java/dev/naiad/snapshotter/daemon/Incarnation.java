package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.snapshotter.SnapshotterLogLines;
import dev.naiad.snapshotter.store.DaemonRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process that a daemon's record stands for at the moment, and what it leaves on the machine: a
 * mount and a socket. Guarded by its daemon's lock; only the record may be read without.
 */
final class Incarnation {
    private static final Logger LOG = LoggerFactory.getLogger(Incarnation.class);
    private static final Duration EXIT = Duration.ofSeconds(10);
    private static final Duration UNMOUNT = Duration.ofSeconds(2);
    private static final long POLL_MILLIS = 50;

    private final DaemonSettings settings;
    private final MountTable mounts;
    private final Consumer<DaemonRecord> save;

    private volatile DaemonRecord record;
    private @Nullable DaemonProcess process;

    /** {@code save} makes a changed record durable. */
    Incarnation(
            DaemonRecord record,
            DaemonSettings settings,
            MountTable mounts,
            Consumer<DaemonRecord> save) {
        this.record = record;
        this.settings = settings;
        this.mounts = mounts;
        this.save = save;
    }

    DaemonRecord record() {
        return record;
    }

    boolean wasStarted() {
        return record.processId() > 0 || Files.exists(Path.of(record.apiSocket()));
    }

    /** Holds on to the process that an earlier snapshotter started, and notes its number. */
    void adopt() {
        process = find();
        var found = process;
        if (found != null && found.pid() != record.processId()) {
            saved(record.withProcess(found.pid()));
        }
    }

    /** Notes where the process looks for its supervisor; a successor looks there too. */
    void supervisedAt(String socket) {
        saved(record.withSupervisor(socket));
    }

    /** Starts a process. */
    void spawn(Optional<Path> bootstrap, Optional<String> prefetchFiles) {
        makeDirectories();
        List<String> command =
                DaemonCommand.of(settings.nydusd(), record, bootstrap, false, prefetchFiles);
        LOG.info(SnapshotterLogLines.NYDUSD_COMMAND, String.join(" ", command));
        DaemonProcess started = DaemonProcess.start(command, output());
        process = started;
        saved(record.withProcess(started.pid()));
    }

    private void makeDirectories() {
        try {
            Files.createDirectories(parent(Path.of(record.apiSocket())));
            if (!mounts.isMounted(mountpoint())) {
                Files.createDirectories(mountpoint());
            }
            if (!record.logToStdout()) {
                Files.createDirectories(Path.of(record.logDir()));
            }
        } catch (IOException e) {
            throw new NaiadException(ErrorKind.INTERNAL, "start daemon: " + e.getMessage(), e);
        }
    }

    private Path mountpoint() {
        return Path.of(record.mountpoint());
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

    /** Waits until the spawned process is in that state; answers the version it reports. */
    String await(NydusdClient probe, DaemonState wanted) throws InterruptedException {
        var started = process;
        if (started == null) {
            throw new IllegalStateException("daemon " + record.id() + " was not started");
        }
        return Readiness.await(probe, started, wanted, output(), settings.startDeadline());
    }

    /**
     * After a death: sees that the old process is gone.
     *
     * @param gently with SIGTERM, which has it unmount; a session that goes on needs SIGKILL
     */
    void reap(boolean gently) {
        var old = current();
        if (old != null) {
            if (old.isAlive()) {
                LOG.warn("Daemon {}: process {} does not serve, ending it", record.id(), old.pid());
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

    /** Ends the process, if there is one. */
    void terminate() {
        var found = current();
        if (found != null) {
            found.terminate(EXIT);
            found.close();
            process = null;
        }
    }

    /** Lets the process go on by itself. */
    void letGo() {
        if (process != null) {
            process.close();
            process = null;
        }
    }

    private @Nullable DaemonProcess current() {
        return process != null ? process : find();
    }

    private @Nullable DaemonProcess find() {
        return DaemonProcess.find(record.processId(), record.apiSocket()).orElse(null);
    }

    /** Waits a moment for the mount to go by itself. */
    void awaitUnmounted() throws InterruptedException {
        long end = System.nanoTime() + UNMOUNT.toNanos();
        while (mounts.isMounted(mountpoint()) && System.nanoTime() < end) {
            Thread.sleep(POLL_MILLIS);
        }
    }

    /** Takes the mount and the socket of a process away that is gone. */
    void removeLeftovers() {
        try {
            mounts.unmount(mountpoint());
            Files.deleteIfExists(Path.of(record.apiSocket()));
        } catch (IOException | NaiadException e) {
            LOG.warn(
                    "Daemon {}: cannot clear what the last one left: {}",
                    record.id(),
                    e.getMessage());
        }
    }

    private void saved(DaemonRecord changed) {
        record = changed;
        save.accept(changed);
    }
}
