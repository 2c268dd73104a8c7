package dev.naiad.snapshotter.store;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.snapshotter.bolt.BoltBucket;
import dev.naiad.snapshotter.bolt.BoltFile;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * nydus.db: which nydusd processes exist and what they have mounted. Bucket {@code v1} holds {@code
 * version} and the buckets {@code daemons} (by daemon id) and {@code instances} (by snapshot id),
 * JSON values. Thread-safe; each change is durable when its method returns.
 */
public final class DaemonStore implements AutoCloseable {
    private static final byte[] V1 = "v1".getBytes(UTF_8);
    private static final byte[] VERSION = "version".getBytes(UTF_8);
    private static final byte[] CURRENT = "v1.1".getBytes(UTF_8);
    private static final byte[] DAEMONS = "daemons".getBytes(UTF_8);
    private static final byte[] INSTANCES = "instances".getBytes(UTF_8);

    private final BoltFile file;

    private DaemonStore(BoltFile file) {
        this.file = file;
    }

    /** Opens or creates the database and its buckets. */
    public static DaemonStore open(Path path, Duration lockWait) {
        BoltFile file = BoltFile.open(path, lockWait);
        try {
            boolean complete =
                    file.read(
                            root ->
                                    root.bucket(V1)
                                            .filter(
                                                    v1 ->
                                                            v1.bucket(DAEMONS).isPresent()
                                                                    && v1.bucket(INSTANCES)
                                                                            .isPresent()
                                                                    && v1.get(VERSION).isPresent())
                                            .isPresent());
            if (!complete) {
                file.write(
                        root -> {
                            BoltBucket v1 = root.createBucketIfAbsent(V1);
                            v1.createBucketIfAbsent(DAEMONS);
                            v1.createBucketIfAbsent(INSTANCES);
                            v1.put(VERSION, CURRENT);
                            return 0;
                        });
            }
            return new DaemonStore(file);
        } catch (RuntimeException e) {
            file.close();
            throw e;
        }
    }

    public List<DaemonRecord> daemons() {
        return all(DAEMONS, DaemonRecord::of);
    }

    /** The mounted images in the order in which they were first mounted. */
    public List<InstanceRecord> instances() {
        var records = new ArrayList<>(all(INSTANCES, InstanceRecord::of));
        records.sort(Comparator.comparingLong(InstanceRecord::sequence));
        return records;
    }

    public Optional<InstanceRecord> instance(String snapshotId) {
        return file.read(
                root ->
                        bucket(root, INSTANCES)
                                .get(snapshotId.getBytes(UTF_8))
                                .map(value -> parse(value, InstanceRecord::of)));
    }

    /** Adds a daemon. */
    public void add(DaemonRecord daemon) {
        file.write(root -> put(root, daemon));
    }

    /** Replaces what is recorded of a daemon; also on a full disk, where it may have to restart. */
    public void update(DaemonRecord daemon) {
        file.writeFromReserve(root -> put(root, daemon));
    }

    private static int put(BoltBucket root, DaemonRecord daemon) {
        bucket(root, DAEMONS).put(daemon.id().getBytes(UTF_8), daemon.toJson().getBytes(UTF_8));
        return 0;
    }

    public void removeDaemon(String id) {
        remove(DAEMONS, id);
    }

    /** Adds an image with the next sequence number and answers it so. */
    public InstanceRecord add(InstanceRecord instance) {
        return file.write(
                root -> {
                    BoltBucket instances = bucket(root, INSTANCES);
                    InstanceRecord numbered = instance.withSequence(instances.nextSequence());
                    instances.put(
                            numbered.snapshotId().getBytes(UTF_8),
                            numbered.toJson().getBytes(UTF_8));
                    return numbered;
                });
    }

    public void removeInstance(String snapshotId) {
        remove(INSTANCES, snapshotId);
    }

    private <T> List<T> all(byte[] name, BiFunction<ConfigNode, Problems, T> parser) {
        return file.read(
                root -> {
                    var records = new ArrayList<T>();
                    bucket(root, name)
                            .scan(new byte[0], (key, value) -> records.add(parse(value, parser)));
                    return records;
                });
    }

    private static <T> T parse(byte[] value, BiFunction<ConfigNode, Problems, T> parser) {
        var problems = new Problems();
        T record = parser.apply(JsonReader.parse("nydus.db", value), problems);
        problems.throwIfAny();
        return record;
    }

    private void remove(byte[] name, String key) {
        file.writeFromReserve(
                root -> {
                    bucket(root, name).delete(key.getBytes(UTF_8));
                    return 0;
                });
    }

    private static BoltBucket bucket(BoltBucket root, byte[] name) {
        return root.bucket(V1)
                .flatMap(v1 -> v1.bucket(name))
                .orElseThrow(
                        () ->
                                new NaiadException(
                                        ErrorKind.DATA_LOSS,
                                        "nydus.db: no bucket " + new String(name, UTF_8)));
    }

    @Override
    public void close() {
        file.close();
    }
}
