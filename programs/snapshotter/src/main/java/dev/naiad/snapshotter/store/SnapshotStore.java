package dev.naiad.snapshotter.store;

import static dev.naiad.snapshotter.store.SnapshotBuckets.quoted;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.bolt.BoltBucket;
import dev.naiad.snapshotter.bolt.BoltFile;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.LongPredicate;
import java.util.function.Predicate;

/**
 * metadata.db, in the schema of containerd's own snapshot store. The vocabulary: a <em>key</em>
 * names an active snapshot or a view, a <em>name</em> a committed one; both live in one name space.
 * The <em>id</em> is a number that is never used twice and names the directory. Thread-safe; every
 * method is one transaction, durable when it returns. The texts of its errors reach clients.
 */
public final class SnapshotStore implements AutoCloseable {
    private final BoltFile file;
    private final InstantSource clock;

    private SnapshotStore(BoltFile file, InstantSource clock) {
        this.file = file;
        this.clock = clock;
    }

    public static SnapshotStore open(Path path, Duration lockWait, InstantSource clock) {
        return new SnapshotStore(BoltFile.open(path, lockWait), clock);
    }

    private <T> T read(Function<SnapshotBuckets, T> work) {
        return file.read(root -> work.apply(new SnapshotBuckets(root)));
    }

    private <T> T write(Function<SnapshotBuckets, T> work) {
        return file.write(root -> work.apply(new SnapshotBuckets(root)));
    }

    /** For what adds nothing: it works on a full disk too. */
    private <T> T writeFromReserve(Function<SnapshotBuckets, T> work) {
        return file.writeFromReserve(root -> work.apply(new SnapshotBuckets(root)));
    }

    /**
     * Creates an active snapshot or a view on a committed parent ("" for none). {@code place} is
     * called with the new id before the record becomes durable, so that a record never lacks its
     * directory; if it throws nothing is recorded. If it answers false, because something else is
     * there already, it is asked again with the next id.
     */
    public ActiveSnapshot create(
            SnapshotKind kind,
            String key,
            String parent,
            Map<String, String> labels,
            LongPredicate place) {
        return write(
                snapshots -> {
                    checkParent(snapshots, parent);
                    if (snapshots.find(key).isPresent()) {
                        throw new NaiadException(
                                ErrorKind.ALREADY_EXISTS, "snapshot " + key + ": already exists");
                    }
                    List<Long> parents = snapshots.ids(parent);
                    BoltBucket created = snapshots.create(key);
                    long id = placed(snapshots, place);
                    Instant now = clock.instant();
                    SnapshotRecord.put(
                            created, id, new SnapshotInfo(key, parent, kind, now, now, labels));
                    snapshots.link(parent, id, key);
                    return new ActiveSnapshot(id, kind, parents);
                });
    }

    private static long placed(SnapshotBuckets snapshots, LongPredicate place) {
        long id = snapshots.all().nextSequence();
        while (!place.test(id)) {
            id = snapshots.all().nextSequence();
        }
        return id;
    }

    private static void checkParent(SnapshotBuckets snapshots, String parent) {
        if (parent.isEmpty()) {
            return;
        }
        BoltBucket found =
                snapshots
                        .find(parent)
                        .orElseThrow(
                                () ->
                                        new NaiadException(
                                                ErrorKind.NOT_FOUND,
                                                "missing parent "
                                                        + quoted(parent)
                                                        + " bucket: not found"));
        if (SnapshotRecord.kind(found) != SnapshotKind.COMMITTED) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "parent " + quoted(parent) + " is not committed snapshot: invalid argument");
        }
    }

    /**
     * Turns the active snapshot {@code key} into the committed {@code name}; its labels become the
     * given ones.
     */
    public long commit(String key, String name, Usage usage, Map<String, String> labels) {
        return write(
                snapshots -> {
                    BoltBucket active = snapshots.get(key);
                    if (snapshots.find(name).isPresent()) {
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
                    BoltBucket committed = snapshots.create(name);
                    SnapshotRecord.put(
                            committed,
                            id,
                            new SnapshotInfo(
                                    name, parent, SnapshotKind.COMMITTED, now, now, labels));
                    SnapshotRecord.putUsage(committed, usage);
                    snapshots.link(parent, id, name);
                    snapshots.delete(key);
                    return id;
                });
    }

    /** Forgets a snapshot that has no children and answers its id. */
    public long remove(String key) {
        return writeFromReserve(
                snapshots -> {
                    BoltBucket bucket =
                            snapshots
                                    .find(key)
                                    .orElseThrow(
                                            () ->
                                                    new NaiadException(
                                                            ErrorKind.NOT_FOUND,
                                                            "snapshot " + key + ": not found"));
                    long id = SnapshotRecord.id(bucket);
                    if (snapshots.hasChildren(id)) {
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION,
                                "cannot remove snapshot with child: failed precondition");
                    }
                    snapshots.unlink(SnapshotRecord.parent(bucket), id);
                    snapshots.delete(key);
                    return id;
                });
    }

    /**
     * The snapshot of that name.
     *
     * @throws NaiadException NOT_FOUND
     */
    public StoredSnapshot stat(String key) {
        return find(key).orElseThrow(SnapshotBuckets::missing);
    }

    /** The snapshot of that name, if there is one. */
    public Optional<StoredSnapshot> find(String key) {
        return read(snapshots -> snapshots.find(key).map(bucket -> stored(key, bucket)));
    }

    /**
     * An active snapshot or a view with its ancestors.
     *
     * @throws NaiadException FAILED_PRECONDITION if committed
     */
    public ActiveSnapshot active(String key) {
        return read(
                snapshots -> {
                    BoltBucket bucket = snapshots.get(key);
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
                            snapshots.ids(SnapshotRecord.parent(bucket)));
                });
    }

    /** The snapshot itself and its ancestors, the nearest first. */
    public List<StoredSnapshot> chain(String key) {
        return read(
                snapshots -> {
                    var chain = new ArrayList<StoredSnapshot>();
                    var seen = new HashSet<String>();
                    for (String name = key;
                            !name.isEmpty() && seen.add(name);
                            name = chain.getLast().info().parent()) {
                        chain.add(
                                stored(
                                        name,
                                        chain.isEmpty()
                                                ? snapshots.get(name)
                                                : snapshots.parent(name)));
                    }
                    return chain;
                });
    }

    /**
     * Changes labels: all of them for no path or {@code labels}, one for {@code labels.KEY} (an
     * empty value removes it).
     */
    public SnapshotInfo update(SnapshotInfo wanted, List<String> paths) {
        return write(
                snapshots -> {
                    BoltBucket bucket = snapshots.get(wanted.name());
                    SnapshotInfo now = SnapshotRecord.info(wanted.name(), bucket);
                    var updated =
                            new SnapshotInfo(
                                    now.name(),
                                    now.parent(),
                                    now.kind(),
                                    now.created(),
                                    clock.instant(),
                                    LabelUpdate.apply(now.labels(), wanted, paths));
                    SnapshotRecord.putMutable(bucket, updated);
                    return updated;
                });
    }

    /** Every snapshot that {@code wanted} accepts, in the order of their names. */
    public List<StoredSnapshot> list(Predicate<SnapshotInfo> wanted) {
        return read(
                snapshots -> {
                    var found = new ArrayList<StoredSnapshot>();
                    snapshots.forEach(
                            (name, bucket) -> {
                                StoredSnapshot snapshot = stored(name, bucket);
                                if (wanted.test(snapshot.info())) {
                                    found.add(snapshot);
                                }
                            });
                    return found;
                });
    }

    /**
     * Runs {@code work} while no snapshot can be created or removed, with the ids of all snapshots
     * and the last id that was given out.
     */
    public <T> T withoutChanges(BiFunction<Set<Long>, Long, T> work) {
        return writeFromReserve(
                snapshots -> {
                    var ids = new HashSet<Long>();
                    snapshots.forEach((name, bucket) -> ids.add(SnapshotRecord.id(bucket)));
                    return work.apply(ids, snapshots.last());
                });
    }

    /** The last id that was given out; 0 if none was. */
    public long lastId() {
        return read(SnapshotBuckets::last);
    }

    /** From now on no id up to this one is given out. */
    public void neverUse(long id) {
        if (lastId() < id) {
            writeFromReserve(
                    snapshots -> {
                        snapshots.all().raiseSequence(id);
                        return id;
                    });
        }
    }

    private static StoredSnapshot stored(String name, BoltBucket bucket) {
        return new StoredSnapshot(
                SnapshotRecord.id(bucket),
                SnapshotRecord.info(name, bucket),
                SnapshotRecord.usage(bucket));
    }

    @Override
    public void close() {
        file.close();
    }
}
