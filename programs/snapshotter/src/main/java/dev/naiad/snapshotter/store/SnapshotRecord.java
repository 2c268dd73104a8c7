package dev.naiad.snapshotter.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.bolt.BoltBucket;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;

/** The fields of one snapshot's bucket in metadata.db. docs/formats/snapshot-store.md */
final class SnapshotRecord {
    private static final byte[] ID = "id".getBytes(UTF_8);
    private static final byte[] PARENT = "parent".getBytes(UTF_8);
    private static final byte[] KIND = "kind".getBytes(UTF_8);
    private static final byte[] INODES = "inodes".getBytes(UTF_8);
    private static final byte[] SIZE = "size".getBytes(UTF_8);
    private static final byte[] CREATED = "createdat".getBytes(UTF_8);
    private static final byte[] UPDATED = "updatedat".getBytes(UTF_8);
    private static final byte[] LABELS = "labels".getBytes(UTF_8);

    private SnapshotRecord() {}

    static long id(BoltBucket bucket) {
        return GoEncoding.unsigned(required(bucket, ID));
    }

    static SnapshotKind kind(BoltBucket bucket) {
        byte[] stored = required(bucket, KIND);
        if (stored.length != 1) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, "metadata.db: a kind of " + stored.length + " bytes");
        }
        return SnapshotKind.ofStored(stored[0]);
    }

    static String parent(BoltBucket bucket) {
        return bucket.get(PARENT).map(value -> new String(value, UTF_8)).orElse("");
    }

    static SnapshotInfo info(String name, BoltBucket bucket) {
        var labels = new TreeMap<String, String>();
        bucket.bucket(LABELS)
                .ifPresent(
                        stored ->
                                stored.scan(
                                        new byte[0],
                                        (key, value) -> {
                                            labels.put(
                                                    new String(key, UTF_8),
                                                    new String(value, UTF_8));
                                            return true;
                                        }));
        return new SnapshotInfo(
                name,
                parent(bucket),
                kind(bucket),
                bucket.get(CREATED).map(GoEncoding::time).orElse(Instant.EPOCH),
                bucket.get(UPDATED).map(GoEncoding::time).orElse(Instant.EPOCH),
                labels);
    }

    static Usage usage(BoltBucket bucket) {
        return new Usage(
                bucket.get(SIZE).map(GoEncoding::signed).orElse(0L),
                bucket.get(INODES).map(GoEncoding::signed).orElse(0L));
    }

    static void put(BoltBucket bucket, long id, SnapshotInfo info) {
        bucket.put(ID, GoEncoding.unsigned(id));
        bucket.put(KIND, new byte[] {(byte) info.kind().stored()});
        if (!info.parent().isEmpty()) {
            bucket.put(PARENT, info.parent().getBytes(UTF_8));
        }
        putMutable(bucket, info);
    }

    /** Times and labels; a label with an empty value is not stored. */
    static void putMutable(BoltBucket bucket, SnapshotInfo info) {
        bucket.put(CREATED, GoEncoding.time(info.created()));
        bucket.put(UPDATED, GoEncoding.time(info.updated()));
        bucket.deleteBucket(LABELS);
        if (info.labels().isEmpty()) {
            return;
        }
        BoltBucket labels = bucket.createBucket(LABELS);
        for (Map.Entry<String, String> label : info.labels().entrySet()) {
            if (!label.getValue().isEmpty()) {
                labels.put(label.getKey().getBytes(UTF_8), label.getValue().getBytes(UTF_8));
            }
        }
    }

    static void putUsage(BoltBucket bucket, Usage usage) {
        bucket.put(INODES, GoEncoding.signed(usage.inodes()));
        bucket.put(SIZE, GoEncoding.signed(usage.size()));
    }

    private static byte[] required(BoltBucket bucket, byte[] key) {
        return bucket.get(key)
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.DATA_LOSS,
                                        "metadata.db: a snapshot without "
                                                + new String(key, UTF_8)));
    }
}
