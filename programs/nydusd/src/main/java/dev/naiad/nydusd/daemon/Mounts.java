package dev.naiad.nydusd.daemon;

import dev.naiad.base.time.Ticker;
import dev.naiad.nydusd.config.NydusdConfig;
import dev.naiad.nydusd.failover.DaemonSnapshot;
import dev.naiad.nydusd.rafsfs.RafsFileSystem;
import dev.naiad.nydusd.vfs.FileStats;
import dev.naiad.nydusd.vfs.FsStats;
import dev.naiad.nydusd.vfs.NodeSpace;
import dev.naiad.nydusd.vfs.VfsMounts;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images mounted in the daemon. Changes are serial; questions are answered meanwhile, from what
 * was mounted before.
 */
final class Mounts implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Mounts.class);

    private final VfsMounts table;
    private final Images images;
    private final RafsFileSystem.Owner owner;
    private final InstantSource clock;
    private final Ticker ticker;
    private final Object changes = new Object();

    /** Replaced whole by each change. */
    private volatile SequencedMap<String, Instance> instances = new LinkedHashMap<>();

    Mounts(
            VfsMounts table,
            Images images,
            RafsFileSystem.Owner owner,
            InstantSource clock,
            Ticker ticker) {
        this.table = table;
        this.images = images;
        this.owner = owner;
        this.clock = clock;
        this.ticker = ticker;
    }

    List<VfsMounts.StaleName> mount(RafsMountSpec spec) {
        synchronized (changes) {
            var made = new Maker(spec);
            var stale = table.mount(spec.mountpoint(), made.stats, made::make);
            put(spec.mountpoint(), made.instance());
            LOG.info(NydusdLogLines.IMPORTED);
            LOG.info(NydusdLogLines.MOUNTED, spec.mountpoint());
            return stale;
        }
    }

    List<VfsMounts.StaleName> remount(RafsMountSpec spec) {
        synchronized (changes) {
            var made = new Maker(spec);
            var stale = table.remount(spec.mountpoint(), made.stats, made::make);
            put(spec.mountpoint(), made.instance());
            LOG.info(NydusdLogLines.MOUNTED, spec.mountpoint());
            return stale;
        }
    }

    /** What a successor needs to mount the same again. */
    List<DaemonSnapshot.MountSnapshot> snapshot() {
        synchronized (changes) {
            var all = new ArrayList<DaemonSnapshot.MountSnapshot>();
            for (var instance : instances.values()) {
                var spec = instance.spec();
                var space = table.space(spec.mountpoint());
                all.add(
                        new DaemonSnapshot.MountSnapshot(
                                spec.mountpoint(),
                                space.index(),
                                space.generation(),
                                spec.bootstrap().toString(),
                                spec.config().toState().reveal(),
                                spec.prefetchFiles(),
                                instance.settings()));
            }
            return all;
        }
    }

    /** Mounts what a predecessor had mounted, under its numbers. */
    void remake(DaemonSnapshot.MountSnapshot saved) {
        synchronized (changes) {
            var spec =
                    new RafsMountSpec(
                            saved.mountpoint(),
                            Path.of(saved.bootstrap()).toAbsolutePath(),
                            NydusdConfig.parse("saved configuration", saved.config()),
                            saved.prefetchFiles());
            var made = new Maker(spec);
            table.remake(
                    saved.mountpoint(), saved.index(), saved.generation(), made.stats, made::make);
            var instance = made.instance();
            saved.settings().forEach(instance.backend()::reconfigure);
            instance.settings().putAll(saved.settings());
            put(saved.mountpoint(), instance);
            LOG.info(NydusdLogLines.RESTORED, saved.mountpoint());
        }
    }

    List<VfsMounts.StaleName> unmount(String mountpoint) {
        synchronized (changes) {
            var stale = table.unmount(mountpoint);
            put(mountpoint, null);
            LOG.info(NydusdLogLines.UNMOUNTED, mountpoint);
            return stale;
        }
    }

    private void put(String mountpoint, @Nullable Instance instance) {
        var changed = new LinkedHashMap<>(instances);
        if (instance == null) {
            changed.remove(mountpoint);
        } else {
            changed.put(mountpoint, instance);
        }
        instances = changed;
    }

    /** In the order of mounting. */
    List<Instance> all() {
        return new ArrayList<>(instances.values());
    }

    Optional<Instance> at(String mountpoint) {
        return Optional.ofNullable(((Map<String, Instance>) instances).get(mountpoint));
    }

    /** Makes the filesystem of one mount and begins its prefetch. */
    private final class Maker {
        private final RafsMountSpec spec;
        private final FsStats stats;
        private @Nullable Instance instance;

        Maker(RafsMountSpec spec) {
            this.spec = spec;
            var rafs = spec.config().rafs();
            this.stats =
                    new FsStats(
                            spec.mountpoint(),
                            new FileStats(
                                    rafs.iostatsFiles(),
                                    rafs.accessPattern(),
                                    rafs.latestReadFiles(),
                                    clock));
        }

        RafsFileSystem make(NodeSpace space) {
            var opened = images.open(spec.bootstrap(), spec.config());
            var fs =
                    new RafsFileSystem(
                            opened.image(),
                            space,
                            spec.config().rafs().enableXattr(),
                            owner,
                            stats,
                            ticker);
            opened.image().prefetch(spec.config().rafs().prefetch(), spec.prefetchFiles());
            instance =
                    new Instance(
                            spec,
                            clock.instant(),
                            opened.image(),
                            opened.backend(),
                            stats,
                            new ConcurrentHashMap<>());
            return fs;
        }

        Instance instance() {
            if (instance == null) {
                throw new IllegalStateException("nothing was made");
            }
            return instance;
        }
    }

    /** Unmounts all, after a takeover that failed half way. */
    void clear() {
        synchronized (changes) {
            table.clear();
            instances = new LinkedHashMap<>();
        }
    }

    @Override
    public void close() {
        synchronized (changes) {
            table.unmountAll();
            instances = new LinkedHashMap<>();
        }
    }
}
