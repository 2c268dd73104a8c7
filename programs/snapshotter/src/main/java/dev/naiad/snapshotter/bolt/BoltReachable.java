package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;

/** Walks a whole database and says which pages it uses; each must be used once. */
final class BoltReachable {
    private static final int MAX_DEPTH = 60;

    private final BoltFile file;
    private final BoltMeta meta;
    private final BitSet used = new BitSet();

    BoltReachable(BoltFile file, BoltMeta meta) {
        this.file = file;
        this.meta = meta;
    }

    BitSet pages() {
        if (used.isEmpty()) {
            if (meta.freeList() != BoltMeta.NO_FREE_LIST) {
                mark(meta.freeList(), file.readPage(meta.freeList(), meta));
            }
            walk(meta.root(), 0);
        }
        return used;
    }

    private void walk(long page, int depth) {
        if (depth > MAX_DEPTH) {
            throw new CorruptFormatException(
                    file.name(), page * meta.pageSize(), "a shallow tree", "a deep one");
        }
        byte[] bytes = file.readPage(page, meta);
        mark(page, bytes);
        boolean leaf = BoltPage.kind(bytes) == BoltPage.LEAF;
        for (BoltEntry entry : BoltPage.entries(bytes, file.name(), page * meta.pageSize())) {
            if (!leaf) {
                walk(entry.childPage(), depth + 1);
            } else if (entry.isBucket() && entry.value().length >= Long.BYTES) {
                long root =
                        ByteBuffer.wrap(entry.value()).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
                if (root != 0) {
                    walk(root, depth + 1);
                }
            }
        }
    }

    private void mark(long page, byte[] bytes) {
        for (long p = page; p <= page + BoltPage.overflow(bytes); p++) {
            if (used.get((int) p)) {
                throw new CorruptFormatException(
                        file.name(), p * meta.pageSize(), "a page used once", "used twice");
            }
            used.set((int) p);
        }
    }
}
