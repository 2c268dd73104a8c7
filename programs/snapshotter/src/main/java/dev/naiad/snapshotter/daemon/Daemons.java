package dev.naiad.snapshotter.daemon;

import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.snapshotter.SnapshotterLogLines;
import dev.naiad.snapshotter.snapshots.Layout;
import dev.naiad.snapshotter.snapshots.RafsMounts;
import dev.naiad.snapshotter.snapshots.RafsTree;
import dev.naiad.snapshotter.store.DaemonRecord;
import dev.naiad.snapshotter.store.DaemonStore;
import dev.naiad.snapshotter.store.InstanceRecord;
import dev.naiad.snapshotter.store.StoredSnapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All nydusd processes of this snapshotter and the images they serve. What is running is rebuilt
 * from nydus.db and from the daemons themselves, so a kill -9 at any moment loses nothing: a daemon
 * is recorded before it is started, an image before it is mounted. Thread-safe; work on one image
 * never waits for another image's daemon.
 */
public final class Daemons implements RafsMounts, Startable {
    private static final Logger LOG = LoggerFactory.getLogger(Daemons.class);

    private final Layout layout;
    private final DaemonSettings settings;
    private final DaemonStore store;
    private final DaemonConfigs configs;
    private final MountTable table;
    private final DaemonIds ids;
    private final DaemonFiles files;
    private final DaemonHealing healing;
    private final CredentialRenewal renewal;
    private final PrefetchLists prefetch;
    private final Consumer<String> onEvent;

    private final Map<String, Nydusd> daemons = new ConcurrentHashMap<>();
    private final Map<String, ImageMount> images = new ConcurrentHashMap<>();
    private final Object sharedLock = new Object();

    public Daemons(
            Layout layout,
            DaemonSettings settings,
            DaemonStore store,
            DaemonConfigs configs,
            MountTable table,
            DaemonIds ids,
            PrefetchLists prefetch,
            Consumer<String> onEvent) {
        this.layout = layout;
        this.settings = settings;
        this.store = store;
        this.configs = configs;
        this.table = table;
        this.ids = ids;
        this.prefetch = prefetch;
        this.onEvent = onEvent;
        this.files = new DaemonFiles(layout, settings);
        this.healing = new DaemonHealing(settings.recoverPolicy());
        this.renewal = new CredentialRenewal(configs, files);
    }

    /**
     * Finds everything again that the store knows; processes are adopted or healed in the
     * background.
     */
    @Override
    public void start() {
        LOG.info(SnapshotterLogLines.MONITOR);
        var served = new HashSet<String>();
        List<InstanceRecord> instances = store.instances();
        for (DaemonRecord record : store.daemons()) {
            Optional<Path> bootstrap =
                    record.isShared()
                            ? Optional.empty()
                            : instances.stream()
                                    .filter(instance -> instance.daemonId().equals(record.id()))
                                    .findFirst()
                                    .map(
                                            instance ->
                                                    DaemonFiles.bootstrapIn(
                                                            Path.of(instance.snapshotDir())));
            daemons.put(record.id(), daemon(files.supervised(record), bootstrap));
        }
        for (InstanceRecord record : instances) {
            Nydusd daemon = daemons.get(record.daemonId());
            if (daemon == null) {
                LOG.warn(
                        "snapshot {}: its daemon {} is not recorded, forgetting the mount",
                        record.snapshotId(),
                        record.daemonId());
                store.removeInstance(record.snapshotId());
                continue;
            }
            served.add(daemon.id());
            images.computeIfAbsent(record.snapshotId(), id -> new ImageMount())
                    .served(new ImageMount.Served(record, treeOf(record), daemon));
        }
        LOG.info(SnapshotterLogLines.FOUND_DAEMONS, daemons.size());
        for (Nydusd daemon : List.copyOf(daemons.values())) {
            Thread.ofPlatform()
                    .daemon()
                    .name("recover-" + daemon.id())
                    .start(() -> recover(daemon, served));
        }
        if (settings.shared()) {
            Thread.ofPlatform().daemon().name("shared-nydusd").start(this::startShared);
        }
    }

    private void recover(Nydusd daemon, Set<String> served) {
        try {
            boolean alive = daemon.adopt();
            if (!served.contains(daemon.id()) && !daemon.record().isShared()) {
                // The snapshotter died between recording the daemon and recording its image.
                destroy(daemon);
            } else if (!alive) {
                healing.heal(daemon);
            }
        } catch (RuntimeException e) {
            LOG.error(
                    "Daemon {} cannot be recovered, its containers fail until it can: {}",
                    daemon.id(),
                    e.getMessage());
        }
    }

    private void startShared() {
        try {
            shared().ensureRunning(Optional.empty());
        } catch (RuntimeException e) {
            LOG.error(
                    "The shared nydusd does not start; the next container tries again: {}",
                    e.getMessage());
        }
    }

    /** Hands newer registry credentials to the daemons. */
    public void renewCredentials() {
        renewal.renewAll(images);
    }

    @Override
    public RafsTree mount(StoredSnapshot meta) {
        ImageMount image = images.computeIfAbsent(meta.directory(), id -> new ImageMount());
        image.lock.lock();
        try {
            var served = image.served();
            if (served == null) {
                served = settings.shared() ? mountShared(meta) : mountDedicated(meta);
                image.served(served);
            }
            served.daemon().ensureRunning(Optional.empty());
            return served.tree();
        } catch (NaiadException e) {
            throw new NaiadException(
                    e.kind(),
                    "mount file system by snapshot " + meta.id() + ": " + e.getMessage(),
                    e);
        } finally {
            image.lock.unlock();
        }
    }

    private ImageMount.Served mountDedicated(StoredSnapshot meta) {
        String reference = DaemonConfigs.reference(meta);
        Path bootstrap = files.existingBootstrap(meta);
        String config = configs.of(reference, meta.info().labels());
        DaemonRecord record =
                files.newRecord(
                        ids.next(), DaemonRecord.DEDICATED, layout.rafsMountpoint(meta.id()));
        Nydusd daemon = daemon(record, Optional.of(bootstrap));
        files.writeConfig(Path.of(record.configDir()), config);
        store.add(record);
        daemons.put(record.id(), daemon);
        try {
            InstanceRecord instance =
                    store.add(instance(meta, reference, record, record.mountpoint()));
            daemon.ensureRunning(prefetch.take(reference));
            return new ImageMount.Served(instance, treeOf(instance), daemon);
        } catch (RuntimeException e) {
            store.removeInstance(meta.directory());
            destroy(daemon);
            throw e;
        }
    }

    private ImageMount.Served mountShared(StoredSnapshot meta) {
        String reference = DaemonConfigs.reference(meta);
        Path bootstrap = files.existingBootstrap(meta);
        String config = configs.of(reference, meta.info().labels());
        Nydusd daemon = shared();
        daemon.ensureRunning(Optional.empty());
        Path configDir = files.configDir(daemon.record(), meta.directory());
        files.writeConfig(configDir, config);
        Path mountpoint = layout.sharedMountpoint().resolve(meta.directory());
        InstanceRecord instance =
                store.add(instance(meta, reference, daemon.record(), mountpoint.toString()));
        try {
            daemon.mount(new Submount("/" + meta.directory(), bootstrap, config));
            return new ImageMount.Served(instance, treeOf(instance), daemon);
        } catch (RuntimeException e) {
            store.removeInstance(meta.directory());
            files.delete(configDir);
            throw e;
        }
    }

    /** The shared daemon; recorded, not yet started, if there was none. */
    private Nydusd shared() {
        synchronized (sharedLock) {
            for (Nydusd daemon : daemons.values()) {
                if (daemon.record().isShared()) {
                    return daemon;
                }
            }
            LOG.info(SnapshotterLogLines.SHARED_DAEMON);
            DaemonRecord record =
                    files.newRecord(ids.next(), DaemonRecord.SHARED, layout.sharedMountpoint());
            files.writeConfig(Path.of(record.configDir()), configs.ofSharedDaemon());
            store.add(record);
            Nydusd daemon = daemon(record, Optional.empty());
            daemons.put(record.id(), daemon);
            return daemon;
        }
    }

    private Nydusd daemon(DaemonRecord record, Optional<Path> bootstrap) {
        return new Nydusd(
                record,
                bootstrap,
                () -> submounts(record),
                new Nydusd.Surroundings(settings, table, store::update, healing::died, onEvent));
    }

    private List<Submount> submounts(DaemonRecord record) {
        if (!record.isShared()) {
            return List.of();
        }
        var found = new ArrayList<Submount>();
        for (InstanceRecord instance : store.instances()) {
            if (instance.daemonId().equals(record.id())) {
                RafsTree tree = treeOf(instance);
                found.add(
                        new Submount("/" + instance.snapshotId(), tree.bootstrap(), tree.config()));
            }
        }
        return found;
    }

    private RafsTree treeOf(InstanceRecord instance) {
        Nydusd daemon =
                Objects.requireNonNull(daemons.get(instance.daemonId()), instance.daemonId());
        return files.tree(instance, daemon.record());
    }

    private InstanceRecord instance(
            StoredSnapshot meta, String reference, DaemonRecord daemon, String mountpoint) {
        return new InstanceRecord(
                0,
                reference,
                daemon.id(),
                daemon.fsDriver(),
                meta.directory(),
                layout.snapshot(meta.id()).toString(),
                mountpoint,
                Map.of());
    }

    @Override
    public void release(long snapshotId) {
        String id = Long.toString(snapshotId);
        ImageMount image = images.get(id);
        if (image == null) {
            return;
        }
        image.lock.lock();
        try {
            var served = image.served();
            if (served != null) {
                if (served.daemon().record().isShared()) {
                    unmountShared(served);
                } else {
                    destroy(served.daemon());
                }
                store.removeInstance(id);
                image.served(null);
            }
            images.remove(id, image);
        } finally {
            image.lock.unlock();
        }
    }

    @Override
    public boolean serves(long snapshotId) {
        return images.containsKey(Long.toString(snapshotId));
    }

    private void unmountShared(ImageMount.Served served) {
        String id = served.record().snapshotId();
        try {
            served.daemon().unmount("/" + id);
        } catch (NaiadException e) {
            LOG.warn(
                    "snapshot {}: daemon {} does not unmount it: {}",
                    id,
                    served.daemon().id(),
                    e.getMessage());
        }
        files.delete(files.configDir(served.daemon().record(), id));
    }

    private void destroy(Nydusd daemon) {
        daemon.destroy();
        DaemonRecord record = daemon.record();
        files.delete(record);
        store.removeDaemon(record.id());
        daemons.remove(record.id());
    }

    /** One daemon with what it serves, for reports. */
    public record Report(
            DaemonRecord record, boolean running, String version, List<InstanceRecord> instances) {}

    /** Every daemon, oldest first. */
    public List<Report> reports() {
        var reports = new ArrayList<Report>();
        for (Nydusd daemon : daemons.values()) {
            List<InstanceRecord> instances =
                    images.values().stream()
                            .map(ImageMount::served)
                            .filter(Objects::nonNull)
                            .filter(served -> served.daemon() == daemon)
                            .map(ImageMount.Served::record)
                            .sorted(Comparator.comparingLong(InstanceRecord::sequence))
                            .toList();
            reports.add(
                    new Report(daemon.record(), daemon.isRunning(), daemon.version(), instances));
        }
        reports.sort(Comparator.comparing(report -> report.record().id()));
        return reports;
    }

    /** Who serves this snapshot, if anybody. */
    public Optional<Report> report(String daemonId) {
        return reports().stream().filter(r -> r.record().id().equals(daemonId)).findFirst();
    }

    /**
     * Daemons live on, unless the operator wants it otherwise; a shared one without images ends.
     */
    @Override
    public void close() {
        healing.close();
        if (settings.endWithUs()) {
            images.keySet().forEach(id -> release(Long.parseLong(id)));
        }
        for (Report report : reports()) {
            @Nullable Nydusd daemon = daemons.get(report.record().id());
            if (daemon == null) {
                continue;
            }
            if (report.record().isShared() && report.instances().isEmpty()) {
                destroy(daemon);
            } else {
                daemon.abandon();
            }
        }
    }
}
