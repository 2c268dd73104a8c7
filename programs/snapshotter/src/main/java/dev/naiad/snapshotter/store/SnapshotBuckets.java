package dev.naiad.snapshotter.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.bolt.BoltBucket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * How metadata.db lays snapshots out, for one transaction: {@code v1/snapshots} holds a bucket for
 * each name, {@code v1/parents} a key {@code parent id, 0, child id} with the child's name as its
 * value, so that a snapshot's children lie side by side. Ids are Go's unsigned varints.
 */
record SnapshotBuckets(BoltBucket root) {
    private static final byte[] VERSION = "v1".getBytes(UTF_8);
    private static final byte[] SNAPSHOTS = "snapshots".getBytes(UTF_8);
    private static final byte[] PARENTS = "parents".getBytes(UTF_8);

    /** The bucket of all snapshots; made if need be, with that of the parents beside it. */
    BoltBucket all() {
        var _ = parents();
        return root.createBucketIfAbsent(VERSION).createBucketIfAbsent(SNAPSHOTS);
    }

    private Optional<BoltBucket> existing() {
        return root.bucket(VERSION).flatMap(version -> version.bucket(SNAPSHOTS));
    }

    /** The last id that was given out; 0 if none was. */
    long last() {
        return existing().map(BoltBucket::sequence).orElse(0L);
    }

    private BoltBucket parents() {
        return root.createBucketIfAbsent(VERSION).createBucketIfAbsent(PARENTS);
    }

    Optional<BoltBucket> find(String name) {
        return name.isEmpty()
                ? Optional.empty()
                : existing().flatMap(snapshots -> snapshots.bucket(bytes(name)));
    }

    /** The bucket of that name; NOT_FOUND in the words of containerd's store. */
    BoltBucket get(String name) {
        return find(name).orElseThrow(SnapshotBuckets::missing);
    }

    /** Adds an empty bucket. */
    BoltBucket create(String name) {
        return all().createBucket(bytes(name));
    }

    void delete(String name) {
        all().deleteBucket(bytes(name));
    }

    /** Every snapshot, in the order of their names. */
    void forEach(BiConsumer<String, BoltBucket> visitor) {
        existing()
                .ifPresent(
                        snapshots ->
                                snapshots.scanBuckets(
                                        (name, bucket) -> {
                                            visitor.accept(new String(name, UTF_8), bucket);
                                            return true;
                                        }));
    }

    /** The ids of a snapshot and of all below it, the nearest first; none for "". */
    List<Long> ids(String top) {
        var ids = new ArrayList<Long>();
        var seen = new HashSet<String>();
        for (String name = top; !name.isEmpty() && seen.add(name); ) {
            BoltBucket bucket = parent(name);
            ids.add(SnapshotRecord.id(bucket));
            name = SnapshotRecord.parent(bucket);
        }
        return ids;
    }

    /** The bucket of a snapshot that another names as its parent. */
    BoltBucket parent(String name) {
        return find(name)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.NOT_FOUND,
                                        "snapshot parent " + quoted(name) + ": not found"));
    }

    /** Notes that {@code child} of that id and name has this parent; nothing to do for "". */
    void link(String parent, long child, String name) {
        if (!parent.isEmpty()) {
            parents().put(key(SnapshotRecord.id(parent(parent)), child), bytes(name));
        }
    }

    /** Takes the note of {@link #link} away. */
    void unlink(String parent, long child) {
        if (!parent.isEmpty()) {
            parents().delete(key(SnapshotRecord.id(parent(parent)), child));
        }
    }

    boolean hasChildren(long id) {
        byte[] prefix = prefix(id);
        var found = new boolean[1];
        parents()
                .scan(
                        prefix,
                        (child, value) -> {
                            found[0] =
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
        return found[0];
    }

    private static byte[] key(long parent, long child) {
        byte[] prefix = prefix(parent);
        byte[] id = GoEncoding.unsigned(child);
        return ByteBuffer.allocate(prefix.length + id.length).put(prefix).put(id).array();
    }

    private static byte[] prefix(long parent) {
        byte[] id = GoEncoding.unsigned(parent);
        return Arrays.copyOf(id, id.length + 1);
    }

    static NaiadException missing() {
        return new NaiadException(ErrorKind.NOT_FOUND, "snapshot does not exist: not found");
    }

    static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
