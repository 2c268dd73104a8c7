package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.AtomicFiles;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.snapshotter.snapshots.Layout;
import dev.naiad.snapshotter.snapshots.RafsTree;
import dev.naiad.snapshotter.store.DaemonRecord;
import dev.naiad.snapshotter.store.InstanceRecord;
import dev.naiad.snapshotter.store.StoredSnapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a daemon's socket, log, configuration and images are. */
final class DaemonFiles {
    private static final Logger LOG = LoggerFactory.getLogger(DaemonFiles.class);
    private static final String CONFIG = "config.json";

    private final Layout layout;
    private final DaemonSettings settings;

    DaemonFiles(Layout layout, DaemonSettings settings) {
        this.layout = layout;
        this.settings = settings;
    }

    /** What is recorded of a daemon that is to be started. */
    DaemonRecord newRecord(String id, String mode, Path mountpoint) {
        return new DaemonRecord(
                id,
                0,
                layout.socketDir(id).resolve("api.sock").toString(),
                mode,
                "fusedev",
                settings.logDir().resolve(id).toString(),
                settings.logLevel(),
                settings.logRotationSizeMb(),
                settings.logToStdout(),
                mountpoint.toString(),
                supervisor(id),
                settings.threads(),
                layout.configDir(id).toString());
    }

    private String supervisor(String id) {
        return settings.recoverPolicy() == RecoverPolicy.FAILOVER
                ? layout.supervisorSocket(id).toString()
                : "";
    }

    /** A daemon of an earlier snapshotter: it gets a supervisor at its next start, if need be. */
    DaemonRecord supervised(DaemonRecord known) {
        return known.supervisorPath().isEmpty()
                ? known.withSupervisor(supervisor(known.id()))
                : known;
    }

    /**
     * The file that describes the image of a snapshot.
     *
     * @throws NaiadException NOT_FOUND; INVALID_ARGUMENT if the layer has something else there: a
     *     symbolic link could name another image's file, and opening a FIFO never returns
     */
    Path existingBootstrap(StoredSnapshot meta) {
        Path bootstrap = bootstrapIn(layout.snapshot(meta.id()));
        if (!Files.exists(bootstrap)) {
            throw new NaiadException(
                    ErrorKind.NOT_FOUND,
                    "find bootstrap file snapshot "
                            + meta.id()
                            + ": bootstrap "
                            + bootstrap
                            + ": not found");
        }
        if (!Files.isRegularFile(bootstrap, LinkOption.NOFOLLOW_LINKS)
                || Files.isSymbolicLink(bootstrap.getParent())) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "snapshot "
                            + meta.id()
                            + ": bootstrap "
                            + bootstrap
                            + " is not a regular file in a directory of the layer; the image must be converted again");
        }
        return bootstrap;
    }

    /** The file that describes the image; older builders put it one directory higher. */
    static Path bootstrapIn(Path snapshotDir) {
        Path current = snapshotDir.resolve("fs/image/image.boot");
        Path old = snapshotDir.resolve("fs/image.boot");
        return !Files.exists(current) && Files.exists(old) ? old : current;
    }

    /** Where a daemon's configuration is; a shared one has one for each image. */
    Path configDir(DaemonRecord daemon, String snapshotId) {
        Path dir = Path.of(daemon.configDir());
        return daemon.isShared() ? dir.resolve(snapshotId) : dir;
    }

    /** A mounted image; with an empty configuration if that cannot be read. */
    RafsTree tree(InstanceRecord instance, DaemonRecord daemon) {
        Path config = configDir(daemon, instance.snapshotId());
        String text;
        try {
            text = Files.readString(config.resolve(CONFIG));
        } catch (IOException e) {
            LOG.warn(
                    "snapshot {}: its configuration cannot be read: {}",
                    instance.snapshotId(),
                    e.getMessage());
            text = "";
        }
        return new RafsTree(
                Path.of(instance.mountpoint()), bootstrapIn(Path.of(instance.snapshotDir())), text);
    }

    void writeConfig(Path dir, String config) {
        try {
            Files.createDirectories(dir);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, "create " + dir + ": " + e.getMessage(), e);
        }
        AtomicFiles.write(
                dir.resolve(CONFIG), config.getBytes(StandardCharsets.UTF_8), "rw-------");
    }

    /** Deletes all that a daemon had but its mountpoint. */
    void delete(DaemonRecord record) {
        delete(Path.of(record.configDir()));
        delete(layout.socketDir(record.id()));
        delete(Path.of(record.logDir()));
    }

    void delete(Path dir) {
        try {
            DirectoryTree.delete(dir);
        } catch (IOException e) {
            LOG.warn("{} stays: {}", dir, e.getMessage());
        }
    }
}
