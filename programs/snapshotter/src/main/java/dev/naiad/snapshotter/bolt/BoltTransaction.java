package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One reading or writing pass over the file as the current meta page describes it. A writing one
 * collects new pages in memory; {@link BoltFile} puts them on disk. Not thread-safe.
 */
final class BoltTransaction {
    private final BoltFile file;
    private final boolean writable;
    private final BoltMeta meta;
    private final BoltBucket root;

    /** Pages that may be used now. */
    private final BitSet free;

    /**
     * Pages given back by this transaction: free for the next one, still read by a crash's
     * survivor.
     */
    private final BitSet released = new BitSet();

    private final Map<Long, byte[]> written = new TreeMap<>();
    private long highWater;

    BoltTransaction(BoltFile file, BoltMeta meta, BitSet free, boolean writable) {
        this.file = file;
        this.meta = meta;
        this.writable = writable;
        this.free = free;
        this.highWater = meta.highWater();
        this.root = new BoltBucket(this, new BoltTree(this, node(meta.root())), meta.sequence());
    }

    BoltBucket root() {
        return root;
    }

    String name() {
        return file.name();
    }

    int pageSize() {
        return meta.pageSize();
    }

    void checkWritable() {
        if (!writable) {
            throw new IllegalStateException(name() + ": changed inside a reading transaction");
        }
    }

    BoltNode node(long page) {
        byte[] bytes = file.readPage(page, meta);
        return new BoltNode(
                BoltPage.kind(bytes) == BoltPage.LEAF,
                BoltPage.entries(bytes, name(), page * meta.pageSize()),
                page);
    }

    /** Gives a stored page and those that belong to it back. */
    void free(long page) {
        long end = page + BoltPage.overflow(file.readPage(page, meta));
        for (long p = page; p <= end; p++) {
            if (p < 2 || free.get((int) p) || released.get((int) p)) {
                throw new CorruptFormatException(
                        name(), p * pageSize(), "a page in use", "freed twice");
            }
            released.set((int) p);
        }
    }

    long write(boolean leaf, List<BoltEntry> entries) {
        int pages = pagesFor(BoltPage.size(entries));
        long number = allocate(pages);
        written.put(number, BoltPage.encode(number, leaf, entries, pages * pageSize(), pages - 1));
        return number;
    }

    private int pagesFor(long bytes) {
        return Math.toIntExact((bytes + pageSize() - 1) / pageSize());
    }

    private long allocate(int pages) {
        for (int start = free.nextSetBit(0); start >= 0; ) {
            int end = free.nextClearBit(start);
            if (end - start >= pages) {
                free.clear(start, start + pages);
                return start;
            }
            start = free.nextSetBit(end);
        }
        long number = highWater;
        highWater = Math.addExact(highWater, pages);
        Math.toIntExact(highWater);
        return number;
    }

    boolean isDirty() {
        return root.isDirty();
    }

    /**
     * Puts everything changed into {@link #written} and answers the meta page that makes it the
     * truth.
     */
    BoltMeta finish() {
        long rootPage = root.store();
        if (meta.freeList() != BoltMeta.NO_FREE_LIST) {
            free(meta.freeList());
        }
        // The list's own pages come out of the free pages, so it may only get shorter than what is
        // reserved.
        int bound = free.cardinality() + released.cardinality();
        int pages = pagesFor(BoltPage.freeListSize(bound));
        long number = allocate(pages);
        BitSet all = freeAfterCommit();
        long[] numbers = all.stream().asLongStream().toArray();
        written.put(
                number, BoltPage.encodeFreeList(number, numbers, pages * pageSize(), pages - 1));
        return new BoltMeta(
                pageSize(), rootPage, root.sequence(), number, highWater, meta.transaction() + 1);
    }

    BitSet freeAfterCommit() {
        var all = (BitSet) free.clone();
        all.or(released);
        return all;
    }

    Map<Long, byte[]> written() {
        return written;
    }
}
