package dev.naiad.snapshotter.bolt;

import org.jspecify.annotations.Nullable;

/**
 * One element of a page in memory. A leaf's element has a value (or is a bucket), a branch's
 * element a child page or, once something below it changes, the child itself. Belongs to one
 * transaction; not thread-safe.
 */
final class BoltEntry {
    static final int BUCKET = 1;
    private static final byte[] NONE = {};

    private final byte[] key;
    private final byte[] value;
    private final boolean bucket;
    private final long childPage;
    private @Nullable BoltNode child;

    private BoltEntry(byte[] key, byte[] value, boolean bucket, long childPage) {
        this.key = key;
        this.value = value;
        this.bucket = bucket;
        this.childPage = childPage;
    }

    static BoltEntry leaf(byte[] key, byte[] value, boolean bucket) {
        return new BoltEntry(key, value, bucket, 0);
    }

    static BoltEntry branch(byte[] key, long childPage) {
        return new BoltEntry(key, NONE, false, childPage);
    }

    byte[] key() {
        return key;
    }

    byte[] value() {
        return value;
    }

    boolean isBucket() {
        return bucket;
    }

    long childPage() {
        return childPage;
    }

    @Nullable BoltNode loadedChild() {
        return child;
    }

    void loadedChild(BoltNode node) {
        child = node;
    }

    long size() {
        return BoltPage.ELEMENT + (long) key.length + value.length;
    }
}
