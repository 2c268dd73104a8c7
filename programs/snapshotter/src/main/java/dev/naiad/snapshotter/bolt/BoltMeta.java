package dev.naiad.snapshotter.bolt;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * One of the two meta pages: which tree is the current one. Little-endian, at offset 16 of pages 0
 * and 1.
 *
 * <pre>
 *  0 u32 magic 0xED0CDAED     24 u64 root bucket: sequence
 *  4 u32 version 2            32 u64 page of the free list, all ones: none is stored
 *  8 u32 page size            40 u64 first page number never used
 * 12 u32 flags 0              48 u64 transaction number
 * 16 u64 root bucket: page    56 u64 FNV-1a 64 of bytes 0..56
 * </pre>
 */
record BoltMeta(
        int pageSize, long root, long sequence, long freeList, long highWater, long transaction) {
    static final int SIZE = 64;
    static final long NO_FREE_LIST = -1L;
    private static final int MAGIC = 0xED0CDAED;
    private static final int VERSION = 2;
    private static final int CHECKED = 56;

    /**
     * The meta page stored in {@code page}, empty unless magic, version, checksum and page size are
     * right.
     */
    static Optional<BoltMeta> read(byte[] page) {
        if (page.length < BoltPage.HEADER + SIZE) {
            return Optional.empty();
        }
        var at =
                ByteBuffer.wrap(page)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .position(BoltPage.HEADER)
                        .slice();
        at.order(ByteOrder.LITTLE_ENDIAN);
        int pageSize = at.getInt(8);
        boolean valid =
                at.getInt(0) == MAGIC
                        && at.getInt(4) == VERSION
                        && at.getLong(CHECKED) == fnv1a(page, BoltPage.HEADER, CHECKED)
                        && pageSize >= 512
                        && pageSize <= 1 << 20
                        && Integer.bitCount(pageSize) == 1;
        return valid
                ? Optional.of(
                        new BoltMeta(
                                pageSize,
                                at.getLong(16),
                                at.getLong(24),
                                at.getLong(32),
                                at.getLong(40),
                                at.getLong(48)))
                : Optional.empty();
    }

    /** The whole page this meta is stored in: page 0 for even transactions, 1 for odd ones. */
    byte[] toPage() {
        byte[] page = new byte[pageSize];
        var at = ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN);
        BoltPage.putHeader(at, pageNumber(), BoltPage.META, 0, 0);
        at.position(BoltPage.HEADER);
        at.putInt(MAGIC).putInt(VERSION).putInt(pageSize).putInt(0);
        at.putLong(root)
                .putLong(sequence)
                .putLong(freeList)
                .putLong(highWater)
                .putLong(transaction);
        at.putLong(fnv1a(page, BoltPage.HEADER, CHECKED));
        return page;
    }

    long pageNumber() {
        return transaction & 1;
    }

    private static long fnv1a(byte[] bytes, int from, int length) {
        long hash = 0xcbf29ce484222325L;
        for (int i = from; i < from + length; i++) {
            hash = (hash ^ (bytes[i] & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
