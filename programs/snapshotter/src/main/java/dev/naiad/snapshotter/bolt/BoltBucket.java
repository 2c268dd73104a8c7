package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A sorted map of byte strings that may hold further buckets. Lives as long as its transaction; not
 * thread-safe. The value of a bucket's element is {@code u64 root page, u64 sequence}; a root page
 * of 0 means that a small leaf page follows inside the value.
 */
public final class BoltBucket {
    private static final int VALUE = 16;
    private static final Comparator<byte[]> ORDER = Arrays::compareUnsigned;

    private final BoltTransaction transaction;
    private final BoltTree tree;
    private final Map<byte[], BoltBucket> opened = new TreeMap<>(ORDER);
    private long sequence;
    private boolean sequenceChanged;

    BoltBucket(BoltTransaction transaction, BoltTree tree, long sequence) {
        this.transaction = transaction;
        this.tree = tree;
        this.sequence = sequence;
    }

    /** The value under {@code key}; empty if there is none or a bucket. */
    public Optional<byte[]> get(byte[] key) {
        return tree.get(key).filter(entry -> !entry.isBucket()).map(BoltEntry::value);
    }

    /** Sets a value. @throws NaiadException FAILED_PRECONDITION if a bucket has this name */
    public void put(byte[] key, byte[] value) {
        checkName(key, "key required");
        refuseOther(key, false);
        tree.put(BoltEntry.leaf(key.clone(), value.clone(), false));
    }

    /** Removes a value; nothing happens if there is none. */
    public void delete(byte[] key) {
        refuseOther(key, false);
        if (tree.get(key).isPresent()) {
            transaction.checkWritable();
            tree.delete(key);
        }
    }

    /** The bucket under {@code name}. */
    public Optional<BoltBucket> bucket(byte[] name) {
        BoltBucket known = opened.get(name);
        if (known != null) {
            return Optional.of(known);
        }
        return tree.get(name)
                .filter(BoltEntry::isBucket)
                .map(
                        entry -> {
                            BoltBucket bucket = open(entry.value());
                            opened.put(entry.key(), bucket);
                            return bucket;
                        });
    }

    /** A new bucket. @throws NaiadException ALREADY_EXISTS if there is one */
    public BoltBucket createBucket(byte[] name) {
        checkName(name, "bucket name required");
        if (bucket(name).isPresent()) {
            throw new NaiadException(ErrorKind.ALREADY_EXISTS, "bucket already exists");
        }
        refuseOther(name, true);
        var bucket = new BoltBucket(transaction, BoltTree.empty(transaction), 0);
        byte[] key = name.clone();
        // A place holder: the real value is known when the bucket's pages are stored.
        tree.put(BoltEntry.leaf(key, new byte[VALUE], true));
        opened.put(key, bucket);
        return bucket;
    }

    public BoltBucket createBucketIfAbsent(byte[] name) {
        return bucket(name).orElseGet(() -> createBucket(name));
    }

    /** Removes a bucket with everything in it; nothing happens if there is none. */
    public void deleteBucket(byte[] name) {
        bucket(name)
                .ifPresent(
                        bucket -> {
                            transaction.checkWritable();
                            bucket.freeAll();
                            opened.remove(name);
                            tree.delete(name);
                        });
    }

    /** Counts up the bucket's own number and answers it; the first one is 1. */
    public long nextSequence() {
        transaction.checkWritable();
        sequenceChanged = true;
        return ++sequence;
    }

    /**
     * Has the bucket's own number count on from {@code least}, unless it is beyond that already.
     */
    public void raiseSequence(long least) {
        transaction.checkWritable();
        if (sequence < least) {
            sequence = least;
            sequenceChanged = true;
        }
    }

    public long sequence() {
        return sequence;
    }

    /** Sees one element of a bucket; answers whether to go on. */
    public interface Visitor {
        boolean visit(byte[] key, byte[] value);
    }

    /** Visits the values (not the buckets) from {@code from} on, in key order. */
    public void scan(byte[] from, Visitor visitor) {
        tree.scan(from, entry -> entry.isBucket() || visitor.visit(entry.key(), entry.value()));
    }

    /** Visits the names of the buckets, in order. The bucket must not be changed meanwhile. */
    public void scanBuckets(NamedBucketVisitor visitor) {
        tree.scan(
                new byte[0],
                entry -> {
                    if (!entry.isBucket()) {
                        return true;
                    }
                    BoltBucket known = opened.get(entry.key());
                    return visitor.visit(entry.key(), known != null ? known : open(entry.value()));
                });
    }

    /** Sees one nested bucket; answers whether to go on. */
    public interface NamedBucketVisitor {
        boolean visit(byte[] name, BoltBucket bucket);
    }

    private BoltBucket open(byte[] value) {
        if (value.length < VALUE) {
            throw new CorruptFormatException(
                    transaction.name(), 0, "a bucket value of 16 bytes", value.length + "");
        }
        var at = ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN);
        long root = at.getLong(0);
        BoltNode node =
                root != 0
                        ? transaction.node(root)
                        : new BoltNode(
                                true,
                                BoltPage.entries(
                                        Arrays.copyOfRange(value, VALUE, value.length),
                                        transaction.name(),
                                        0),
                                0);
        if (root == 0 && value.length < VALUE + BoltPage.HEADER) {
            throw new CorruptFormatException(
                    transaction.name(), 0, "an inline page", value.length + " bytes");
        }
        return new BoltBucket(transaction, new BoltTree(transaction, node), at.getLong(8));
    }

    private void refuseOther(byte[] key, boolean wantBucket) {
        tree.get(key)
                .ifPresent(
                        entry -> {
                            if (entry.isBucket() != wantBucket) {
                                throw new NaiadException(
                                        ErrorKind.FAILED_PRECONDITION, "incompatible value");
                            }
                        });
    }

    private void checkName(byte[] key, String text) {
        transaction.checkWritable();
        if (key.length == 0) {
            throw new NaiadException(ErrorKind.INTERNAL, text);
        }
        if (key.length > 32768) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "key too large");
        }
    }

    private void freeAll() {
        tree.freeAll(
                entry -> {
                    BoltBucket nested = opened.get(entry.key());
                    (nested != null ? nested : open(entry.value())).freeAll();
                    return true;
                });
    }

    /** Stores changed nested buckets, then answers this bucket's root page. */
    long store() {
        for (Map.Entry<byte[], BoltBucket> nested : opened.entrySet()) {
            if (nested.getValue().isDirty()) {
                tree.put(BoltEntry.leaf(nested.getKey(), nested.getValue().storeAsValue(), true));
            }
        }
        return tree.store();
    }

    boolean isDirty() {
        return tree.isDirty()
                || sequenceChanged
                || opened.values().stream().anyMatch(BoltBucket::isDirty);
    }

    private byte[] storeAsValue() {
        BoltNode root = tree.root();
        List<BoltEntry> entries = root.entries;
        long size = root.size();
        boolean inline =
                root.leaf
                        && opened.values().stream().noneMatch(BoltBucket::isDirty)
                        && entries.stream().noneMatch(BoltEntry::isBucket)
                        && size <= transaction.pageSize() / 4;
        if (!inline) {
            // A bucket that was inline until now has no page yet: make the tree write one.
            if (root.page == 0) {
                root.dirty = true;
            }
            long page = store();
            byte[] value = new byte[VALUE];
            ByteBuffer.wrap(value).order(ByteOrder.LITTLE_ENDIAN).putLong(page).putLong(sequence);
            return value;
        }
        if (root.page != 0) {
            transaction.free(root.page);
            root.page = 0;
        }
        byte[] page = BoltPage.encode(0, true, entries, (int) size, 0);
        byte[] value = new byte[VALUE + page.length];
        ByteBuffer.wrap(value)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0)
                .putLong(sequence)
                .put(page);
        return value;
    }
}
