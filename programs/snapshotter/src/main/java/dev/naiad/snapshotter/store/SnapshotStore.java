package dev.naiad.snapshotter.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.bolt.BoltBucket;
import dev.naiad.snapshotter.bolt.BoltFile;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * metadata.db, in the schema of containerd's own snapshot store. The vocabulary: a <em>key</em>
 * names an active snapshot or a view, a <em>name</em> a committed one; both live in one name space.
 * The <em>id</em> is a number that is never used twice and names the directory. Thread-safe; every
 * method is one transaction, durable when it returns. The texts of its errors reach clients.
 */
public final class SnapshotStore implements AutoCloseable {
    private static final byte[] VERSION = "v1".getBytes(UTF_8);
    private static final byte[] SNAPSHOTS = "snapshots".getBytes(UTF_8);
    private static final byte[] PARENTS = "parents".getBytes(UTF_8);

    private final BoltFile file;
    private final InstantSource clock;

    private SnapshotStore(BoltFile file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    public static SnapshotStore open(Path path, Duration lockWait, InstantSource clock) {
        return new SnapshotStore(BoltFile.open(path, lockWait), clock);
    }

    /**
     * Creates an active snapshot or a view on a committed parent ("" for none). {@code place} is
     * called with the new id before the record becomes durable, so that a record never lacks its
     * directory; if it throws nothing is recorded.
     */
    public ActiveSnapshot create(
            SnapshotKind kind,
            String key,
            String parent,
            Map<String, String> labels,
            LongConsumer place) {
        return file.write(
                root -> {
                    BoltBucket version = root.createBucketIfAbsent(VERSION);
                    BoltBucket snapshots = version.createBucketIfAbsent(SNAPSHOTS);
                    BoltBucket parents = version.createBucketIfAbsent(PARENTS);
                    Optional<BoltBucket> above = Optional.empty();
                    if (!parent.isEmpty()) {
                        above = snapshots.bucket(bytes(parent));
                        BoltBucket found =
                                above.orElseThrow(
                                        () ->
                                                new NaiadException(
                                                        ErrorKind.NOT_FOUND,
                                                        "missing parent "
                                                                + quoted(parent)
                                                                + " bucket: not found"));
                        if (SnapshotRecord.kind(found) != SnapshotKind.COMMITTED) {
                            throw new NaiadException(
                                    ErrorKind.INVALID_ARGUMENT,
                                    "parent "
                                            + quoted(parent)
                                            + " is not committed snapshot: invalid argument");
                        }
                    }
                    if (snapshots.bucket(bytes(key)).isPresent()) {
                        throw new NaiadException(
                                ErrorKind.ALREADY_EXISTS, "snapshot " + key + ": already exists");
                    }
                    BoltBucket created = snapshots.createBucket(bytes(key));
                    long id = snapshots.nextSequence();
                    Instant now = clock.instant();
                    SnapshotRecord.put(
                            created, id, new SnapshotInfo(key, parent, kind, now, now, labels));
                    above.ifPresent(
                            bucket ->
                                    parents.put(
                                            parentKey(SnapshotRecord.id(bucket), id), bytes(key)));
                    var snapshot = new ActiveSnapshot(id, kind, ancestors(snapshots, parent));
                    place.accept(id);
                    return snapshot;
                });
    }

    /**
     * Turns the active snapshot {@code key} into the committed {@code name}; its labels become the
     * given ones.
     */
    public long commit(String key, String name, Usage usage, Map<String, String> labels) {
        return file.write(
                root -> {
                    BoltBucket snapshots = snapshots(root).orElseThrow(SnapshotStore::missing);
                    BoltBucket active =
                            snapshots.bucket(bytes(key)).orElseThrow(SnapshotStore::missing);
                    if (snapshots.bucket(bytes(name)).isPresent()) {
                        throw new NaiadException(
                                ErrorKind.ALREADY_EXISTS,
                                "committed snapshot " + name + ": already exists");
                    }
                    long id = SnapshotRecord.id(active);
                    if (SnapshotRecord.kind(active) != SnapshotKind.ACTIVE) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION,
                                "snapshot " + quoted(key) + " is not active: failed precondition");
                    }
                    String parent = SnapshotRecord.parent(active);
                    Instant now = clock.instant();
                    BoltBucket committed = snapshots.createBucket(bytes(name));
                    SnapshotRecord.put(
                            committed,
                            id,
                            new SnapshotInfo(
                                    name, parent, SnapshotKind.COMMITTED, now, now, labels));
                    SnapshotRecord.putUsage(committed, usage);
                    if (!parent.isEmpty()) {
                        BoltBucket above =
                                snapshots
                                        .bucket(bytes(parent))
                                        .orElseThrow(() -> parentMissing(parent));
                        parents(root).put(parentKey(SnapshotRecord.id(above), id), bytes(name));
                    }
                    snapshots.deleteBucket(bytes(key));
                    return id;
                });
    }

    /** Forgets a snapshot that has no children and answers its id. */
    public long remove(String key) {
        return file.write(
                root -> {
                    BoltBucket snapshots = snapshots(root).orElseThrow(() -> unknown(key));
                    BoltBucket bucket =
                            snapshots.bucket(bytes(key)).orElseThrow(() -> unknown(key));
                    long id = SnapshotRecord.id(bucket);
                    BoltBucket parents = parents(root);
                    byte[] prefix = parentPrefix(id);
                    var hasChild = new boolean[1];
                    parents.scan(
                            prefix,
                            (child, value) -> {
                                hasChild[0] =
                                        child.length >= prefix.length
                                                && Arrays.equals(
                                                        child,
                                                        0,
                                                        prefix.length,
                                                        prefix,
                                                        0,
                                                        prefix.length);
                                return false;
                            });
                    if (hasChild[0]) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION,
                                "cannot remove snapshot with child: failed precondition");
                    }
                    String parent = SnapshotRecord.parent(bucket);
                    if (!parent.isEmpty()) {
                        BoltBucket above =
                                snapshots
                                        .bucket(bytes(parent))
                                        .orElseThrow(() -> parentMissing(parent));
                        parents.delete(parentKey(SnapshotRecord.id(above), id));
                    }
                    snapshots.deleteBucket(bytes(key));
                    return id;
                });
    }

    /**
     * The snapshot of that name.
     *
     * @throws NaiadException NOT_FOUND
     */
    public StoredSnapshot stat(String key) {
        return find(key).orElseThrow(SnapshotStore::missing);
    }

    public Optional<StoredSnapshot> find(String key) {
        return file.read(
                root ->
                        snapshots(root)
                                .flatMap(
                                        snapshots ->
                                                key.isEmpty()
                                                        ? Optional.empty()
                                                        : snapshots.bucket(bytes(key)))
                                .map(bucket -> stored(key, bucket)));
    }

    /**
     * An active snapshot or a view with its ancestors. @throws NaiadException FAILED_PRECONDITION
     * if committed
     */
    public ActiveSnapshot active(String key) {
        return file.read(
                root -> {
                    BoltBucket snapshots = snapshots(root).orElseThrow(SnapshotStore::missing);
                    BoltBucket bucket =
                            snapshots.bucket(bytes(key)).orElseThrow(SnapshotStore::missing);
                    SnapshotKind kind = SnapshotRecord.kind(bucket);
                    if (kind == SnapshotKind.COMMITTED) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION,
                                "requested snapshot "
                                        + key
                                        + " not active or view: failed precondition");
                    }
                    return new ActiveSnapshot(
                            SnapshotRecord.id(bucket),
                            kind,
                            ancestors(snapshots, SnapshotRecord.parent(bucket)));
                });
    }

    /** The snapshot itself and its ancestors, the nearest first. */
    public List<StoredSnapshot> chain(String key) {
        return file.read(
                root -> {
                    BoltBucket snapshots = snapshots(root).orElseThrow(SnapshotStore::missing);
                    var chain = new ArrayList<StoredSnapshot>();
                    var seen = new HashSet<String>();
                    for (String name = key;
                            !name.isEmpty() && seen.add(name);
                            name = chain.getLast().info().parent()) {
                        String current = name;
                        BoltBucket bucket =
                                snapshots
                                        .bucket(bytes(current))
                                        .orElseThrow(
                                                chain.isEmpty()
                                                        ? SnapshotStore::missing
                                                        : () -> parentMissing(current));
                        chain.add(stored(current, bucket));
                    }
                    return chain;
                });
    }

    /**
     * Changes labels: all of them for no path or {@code labels}, one for {@code labels.KEY} (an
     * empty value removes it).
     */
    public SnapshotInfo update(SnapshotInfo wanted, List<String> paths) {
        return file.write(
                root -> {
                    BoltBucket snapshots = snapshots(root).orElseThrow(SnapshotStore::missing);
                    BoltBucket bucket =
                            snapshots
                                    .bucket(bytes(wanted.name()))
                                    .orElseThrow(SnapshotStore::missing);
                    SnapshotInfo now = SnapshotRecord.info(wanted.name(), bucket);
                    var labels =
                            new TreeMap<String, String>(
                                    paths.isEmpty() ? wanted.labels() : now.labels());
                    for (String path : paths) {
                        if (path.startsWith("labels.")) {
                            String key = path.substring("labels.".length());
                            labels.put(key, wanted.labels().getOrDefault(key, ""));
                        } else if (path.equals("labels")) {
                            labels.clear();
                            labels.putAll(wanted.labels());
                        } else {
                            throw new NaiadException(
                                    ErrorKind.INVALID_ARGUMENT,
                                    "cannot update "
                                            + quoted(path)
                                            + " field on snapshot "
                                            + quoted(wanted.name())
                                            + ": invalid argument");
                        }
                    }
                    labels.values().removeIf(String::isEmpty);
                    var updated =
                            new SnapshotInfo(
                                    now.name(),
                                    now.parent(),
                                    now.kind(),
                                    now.created(),
                                    clock.instant(),
                                    labels);
                    SnapshotRecord.putMutable(bucket, updated);
                    return updated;
                });
    }

    /** Every snapshot that {@code wanted} accepts, in the order of their names. */
    public List<StoredSnapshot> list(Predicate<SnapshotInfo> wanted) {
        return file.read(
                root -> {
                    var found = new ArrayList<StoredSnapshot>();
                    snapshots(root)
                            .ifPresent(
                                    snapshots ->
                                            snapshots.scanBuckets(
                                                    (name, bucket) -> {
                                                        StoredSnapshot snapshot =
                                                                stored(
                                                                        new String(name, UTF_8),
                                                                        bucket);
                                                        if (wanted.test(snapshot.info())) {
                                                            found.add(snapshot);
                                                        }
                                                        return true;
                                                    }));
                    return found;
                });
    }

    /**
     * Runs {@code work} with the ids of all snapshots while no snapshot can be created or removed.
     */
    public <T> T withoutChanges(Function<Set<Long>, T> work) {
        return file.write(
                root -> {
                    var ids = new HashSet<Long>();
                    snapshots(root)
                            .ifPresent(
                                    snapshots ->
                                            snapshots.scanBuckets(
                                                    (name, bucket) -> {
                                                        ids.add(SnapshotRecord.id(bucket));
                                                        return true;
                                                    }));
                    return work.apply(ids);
                });
    }

    private static StoredSnapshot stored(String name, BoltBucket bucket) {
        return new StoredSnapshot(
                SnapshotRecord.id(bucket),
                SnapshotRecord.info(name, bucket),
                SnapshotRecord.usage(bucket));
    }

    private static List<Long> ancestors(BoltBucket snapshots, String parent) {
        var ids = new ArrayList<Long>();
        var seen = new HashSet<String>();
        for (String name = parent; !name.isEmpty() && seen.add(name); ) {
            String current = name;
            BoltBucket bucket =
                    snapshots.bucket(bytes(current)).orElseThrow(() -> parentMissing(current));
            ids.add(SnapshotRecord.id(bucket));
            name = SnapshotRecord.parent(bucket);
        }
        return ids;
    }

    private static Optional<BoltBucket> snapshots(BoltBucket root) {
        return root.bucket(VERSION).flatMap(version -> version.bucket(SNAPSHOTS));
    }

    private static BoltBucket parents(BoltBucket root) {
        return root.createBucketIfAbsent(VERSION).createBucketIfAbsent(PARENTS);
    }

    private static byte[] parentKey(long parent, long child) {
        byte[] prefix = parentPrefix(parent);
        byte[] id = GoEncoding.unsigned(child);
        return ByteBuffer.allocate(prefix.length + id.length).put(prefix).put(id).array();
    }

    private static byte[] parentPrefix(long parent) {
        byte[] id = GoEncoding.unsigned(parent);
        return Arrays.copyOf(id, id.length + 1);
    }

    private static NaiadException missing() {
        return new NaiadException(ErrorKind.NOT_FOUND, "snapshot does not exist: not found");
    }

    private static NaiadException unknown(String key) {
        return new NaiadException(ErrorKind.NOT_FOUND, "snapshot " + key + ": not found");
    }

    private static NaiadException parentMissing(String parent) {
        return new NaiadException(
                ErrorKind.NOT_FOUND, "snapshot parent " + quoted(parent) + ": not found");
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }

    @Override
    public void close() {
        file.close();
    }
}
