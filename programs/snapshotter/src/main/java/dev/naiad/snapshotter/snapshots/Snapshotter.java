package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.store.ActiveSnapshot;
import dev.naiad.snapshotter.store.SnapshotInfo;
import dev.naiad.snapshotter.store.SnapshotKind;
import dev.naiad.snapshotter.store.SnapshotStore;
import dev.naiad.snapshotter.store.StoredSnapshot;
import dev.naiad.snapshotter.store.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of snapshots. <em>Prepare</em> makes an active one that containerd or a container writes
 * to, <em>View</em> a read-only one; <em>Commit</em> gives an active one a name under which it can
 * be a parent; <em>Remove</em> forgets one and <em>Cleanup</em> deletes what is forgotten.
 * Thread-safe: the store orders changes, and directories are named by numbers that are never used
 * twice.
 */
public final class Snapshotter {
    private static final Logger LOG = LoggerFactory.getLogger(Snapshotter.class);

    private final Settings settings;
    private final SnapshotStore store;
    private final SnapshotDirectories directories;
    private final UnusedDirectories unused;
    private final MountShapes shapes;
    private final RafsMounts rafs;
    private final BlobCacheFiles cache;
    private final VolumeOptions volumes;
    private final Layout layout;

    /**
     * What the operator chose.
     *
     * @param syncRemove deletes directories in Remove instead of Cleanup
     * @param nydusOverlayfs mounts lazily loaded images through the helper, with {@code
     *     extraoption}
     * @param kataVolume describes volumes to Kata Containers
     * @param alwaysVolatile asks for overlays that do not sync
     */
    public record Settings(
            FsDriver driver,
            boolean syncRemove,
            boolean nydusOverlayfs,
            boolean kataVolume,
            boolean alwaysVolatile) {}

    public Snapshotter(
            Layout layout,
            Settings settings,
            SnapshotStore store,
            RafsMounts rafs,
            BlobCacheFiles cache) {
        this.layout = layout;
        this.settings = settings;
        this.store = store;
        this.rafs = rafs;
        this.cache = cache;
        this.directories = new SnapshotDirectories(layout);
        this.unused = new UnusedDirectories(layout, store, directories, rafs);
        this.shapes = new MountShapes(layout);
        this.volumes = new VolumeOptions(layout, settings);
    }

    /**
     * Makes an active snapshot and answers its mounts.
     *
     * @throws NaiadException ALREADY_EXISTS also for a layer whose content is served from elsewhere
     */
    public List<MountSpec> prepare(String key, String parent, Map<String, String> labels) {
        ActiveSnapshot created = create(SnapshotKind.ACTIVE, key, parent, labels);
        try {
            List<StoredSnapshot> ancestors = parent.isEmpty() ? List.of() : store.chain(parent);
            return switch (PrepareDecision.of(settings.driver(), created.id(), labels, ancestors)) {
                case PrepareDecision.Unpack() -> List.of(shapes.plain(created, isVolatile(labels)));
                case PrepareDecision.SkipLayer(String target, Map<String, String> all) ->
                        throw skip(key, target, all);
                case PrepareDecision.MountRafs(StoredSnapshot meta) ->
                        List.of(lazy(created, meta, ancestors, isVolatile(meta.info().labels())));
                case PrepareDecision.MountProxy(StoredSnapshot base) ->
                        List.of(proxied(created, base));
            };
        } catch (RuntimeException e) {
            forget(key, created.id());
            throw e;
        }
    }

    /**
     * Commits the layer under its chain id first: containerd looks for it as soon as it has the
     * answer.
     */
    private NaiadException skip(String key, String target, Map<String, String> labels) {
        Optional<StoredSnapshot> active = store.find(key);
        if (active.isPresent() && store.find(target).isEmpty()) {
            try {
                store.commit(key, target, directories.usage(active.get().id()), labels);
            } catch (NaiadException e) {
                if (e.kind() != ErrorKind.ALREADY_EXISTS) {
                    throw e;
                }
                LOG.debug("layer {} was committed by somebody else meanwhile", target);
            }
        }
        return new NaiadException(
                ErrorKind.ALREADY_EXISTS, "target snapshot \"" + target + "\": already exists");
    }

    /** What a failed Prepare or View made must not keep its key occupied. */
    private void forget(String key, long id) {
        try {
            if (store.find(key).filter(snapshot -> snapshot.id() == id).isPresent()) {
                store.remove(key);
                directories.delete(id);
            }
        } catch (IOException | RuntimeException e) {
            LOG.warn("snapshot {} stays until the next cleanup: {}", id, e.getMessage());
        }
    }

    public List<MountSpec> view(String key, String parent, Map<String, String> labels) {
        StoredSnapshot base =
                store.find(parent)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.NOT_FOUND,
                                                "get snapshot "
                                                        + parent
                                                        + " info: snapshot does not exist: not found"));
        if (isBlobOnly(base)) {
            throw new NaiadException(ErrorKind.INTERNAL, "only can view nydus topmost layer");
        }
        ActiveSnapshot created = create(SnapshotKind.VIEW, key, parent, labels);
        try {
            return List.of(viewMount(created, store.chain(parent), isVolatile(labels)));
        } catch (RuntimeException e) {
            forget(key, created.id());
            throw e;
        }
    }

    private static boolean isBlobOnly(StoredSnapshot snapshot) {
        Map<String, String> labels = snapshot.info().labels();
        return labels.containsKey(Labels.NYDUS_BLOB) && !labels.containsKey(Labels.NYDUS_BOOTSTRAP);
    }

    private MountSpec viewMount(
            ActiveSnapshot view, List<StoredSnapshot> ancestors, boolean isVolatile) {
        Optional<StoredSnapshot> meta = bootstrapOf(ancestors);
        return meta.isPresent()
                ? lazy(view, meta.get(), ancestors, isVolatile)
                : shapes.plain(view, isVolatile);
    }

    private static Optional<StoredSnapshot> bootstrapOf(List<StoredSnapshot> ancestors) {
        return ancestors.stream()
                .filter(ancestor -> ancestor.info().labels().containsKey(Labels.NYDUS_BOOTSTRAP))
                .findFirst();
    }

    /** The mounts of an active snapshot or a view, as Prepare or View answered them. */
    public List<MountSpec> mounts(String key) {
        StoredSnapshot stored;
        try {
            stored = store.stat(key);
        } catch (NaiadException e) {
            throw new NaiadException(
                    e.kind(), "mounts get snapshot \"" + key + "\" info: " + e.getMessage(), e);
        }
        ActiveSnapshot snapshot;
        try {
            snapshot = store.active(key);
        } catch (NaiadException e) {
            throw new NaiadException(
                    e.kind(), "get active snapshot " + key + ": " + e.getMessage(), e);
        }
        Map<String, String> labels = stored.info().labels();
        String parent = stored.info().parent();
        if (parent.isEmpty()) {
            return List.of(shapes.plain(snapshot, isVolatile(labels)));
        }
        List<StoredSnapshot> ancestors = store.chain(parent);
        // A layer that is being unpacked lies on its parents' directories, also on that of a lazily
        // loaded one.
        if (labels.containsKey(Labels.TARGET)) {
            return List.of(shapes.plain(snapshot, isVolatile(labels)));
        }
        if (ancestors.getFirst().info().labels().containsKey(Labels.NYDUS_PROXY_MODE)) {
            return List.of(proxied(snapshot, ancestors.getFirst()));
        }
        Optional<StoredSnapshot> meta = bootstrapOf(ancestors);
        return List.of(
                meta.isPresent()
                        ? lazy(snapshot, meta.get(), ancestors, isVolatile(labels))
                        : shapes.plain(snapshot, isVolatile(labels)));
    }

    private MountSpec lazy(
            ActiveSnapshot snapshot,
            StoredSnapshot meta,
            List<StoredSnapshot> ancestors,
            boolean isVolatile) {
        RafsTree tree = rafs.mount(meta);
        // Layers that were committed on top of the image, nearest first.
        List<Path> above =
                ancestors.stream()
                        .takeWhile(ancestor -> ancestor.id() != meta.id())
                        .map(ancestor -> layout.fs(ancestor.id()))
                        .toList();
        return shapes.lazy(
                snapshot,
                above,
                tree.root(),
                isVolatile,
                settings.nydusOverlayfs() && !settings.kataVolume(),
                volumes.ofTree(snapshot, tree));
    }

    private MountSpec proxied(ActiveSnapshot snapshot, StoredSnapshot base) {
        List<String> options = volumes.ofProxy(base);
        return shapes.lazy(
                snapshot, List.of(), layout.fs(base.id()), false, !options.isEmpty(), options);
    }

    private boolean isVolatile(Map<String, String> labels) {
        return settings.alwaysVolatile() || labels.containsKey(Labels.VOLATILE);
    }

    private ActiveSnapshot create(
            SnapshotKind kind, String key, String parent, Map<String, String> labels) {
        var made = new AtomicLong();
        try {
            Optional<Path> owner =
                    parent.isEmpty()
                            ? Optional.empty()
                            : store.find(parent).map(p -> layout.fs(p.id()));
            return store.create(
                    kind,
                    key,
                    parent,
                    labels,
                    id -> {
                        boolean created =
                                directories.create(id, kind == SnapshotKind.ACTIVE, owner);
                        made.set(created ? id : 0);
                        return created;
                    });
        } catch (NaiadException e) {
            if (made.get() > 0) {
                takeBack(key, made.get());
            }
            throw new NaiadException(e.kind(), "create snapshot: " + e.getMessage(), e);
        }
    }

    /** Deletes the directory of a snapshot that could not be recorded. */
    private void takeBack(String key, long id) {
        try {
            // A commit that failed at the very end may count nevertheless.
            if (store.find(key).filter(snapshot -> snapshot.id() == id).isPresent()) {
                store.remove(key);
            }
            directories.delete(id);
        } catch (IOException | RuntimeException e) {
            LOG.warn("snapshot {} stays until the next cleanup: {}", id, e.getMessage());
        }
    }

    public void commit(String key, String name, Map<String, String> labels) {
        StoredSnapshot active = store.stat(key);
        Usage usage = directories.usage(active.id());
        try {
            store.commit(key, name, usage, labels);
        } catch (NaiadException e) {
            throw new NaiadException(
                    e.kind(), "commit active snapshot " + key + ": " + e.getMessage(), e);
        }
    }

    public void remove(String key) {
        StoredSnapshot snapshot;
        try {
            snapshot = store.stat(key);
        } catch (NaiadException e) {
            throw new NaiadException(e.kind(), "get snapshot " + key + ": " + e.getMessage(), e);
        }
        try {
            store.remove(key);
        } catch (NaiadException e) {
            throw new NaiadException(
                    e.kind(), "failed to remove key " + key + ": " + e.getMessage(), e);
        }
        blobOf(snapshot).ifPresent(cache::candidate);
        if (settings.syncRemove()) {
            unused.delete(snapshot.id());
            collectCache();
        }
    }

    private static Optional<Digest> blobOf(StoredSnapshot snapshot) {
        String digest = snapshot.info().labels().getOrDefault(Labels.LAYER_DIGEST, "");
        if (digest.isEmpty() || !snapshot.info().labels().containsKey(Labels.NYDUS_BLOB)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Digest.parse(digest));
        } catch (NaiadException e) {
            return Optional.empty();
        }
    }

    /**
     * Deletes every directory that belongs to no snapshot, with its mount. A failure is left to the
     * next call.
     */
    public void cleanup() {
        unused.deleteAll();
        collectCache();
    }

    /** Deletes what an earlier snapshotter left when it was killed, unless it may be in use. */
    public void deleteLeftovers() {
        unused.deleteAtStart();
    }

    private void collectCache() {
        cache.collect(
                digest ->
                        !store.list(
                                        info ->
                                                digest.toString()
                                                        .equals(
                                                                info.labels()
                                                                        .get(Labels.LAYER_DIGEST)))
                                .isEmpty());
    }

    public SnapshotInfo stat(String key) {
        return store.stat(key).info();
    }

    public SnapshotInfo update(SnapshotInfo wanted, List<String> paths) {
        return store.update(wanted, paths);
    }

    public List<SnapshotInfo> list(Predicate<SnapshotInfo> wanted) {
        return store.list(wanted).stream().map(StoredSnapshot::info).toList();
    }

    /**
     * Live for an active snapshot, recorded for a committed one, with a blob's cache files on top.
     */
    public Usage usage(String key) {
        StoredSnapshot snapshot = store.stat(key);
        return switch (snapshot.info().kind()) {
            case ACTIVE -> directories.usage(snapshot.id());
            case VIEW -> Usage.NONE;
            case COMMITTED -> {
                String digest = snapshot.info().labels().getOrDefault(Labels.LAYER_DIGEST, "");
                boolean cached =
                        !digest.isEmpty()
                                && snapshot.info().labels().containsKey(Labels.NYDUS_BLOB);
                yield cached
                        ? snapshot.usage().plus(cache.usage(Digest.parse(digest)))
                        : snapshot.usage();
            }
        };
    }
}
