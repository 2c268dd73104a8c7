package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.GzipWindow;

/**
 * The units in which batch and ZRAN chunks are decoded: 40-byte records behind the chunk records,
 * little-endian. docs/formats/blob.md#contexts
 *
 * <pre>
 * batch  0 u32 compressed size | 4 u32 plain size
 * zran   0 u64 compressed offset | 8 u64 plain offset | 16 u64 dictionary offset | 24 u32 compressed size
 *        28 u32 plain size | 32 u32 dictionary size | 36 u8 previous byte | 37 u8 pending bits
 * </pre>
 */
public final class Contexts {
    public static final int SIZE = 40;

    private final BlobMetaHeader header;
    private final LittleEndian records;
    private final ByteSource table;
    private final boolean zran;

    /**
     * @param records the table at least up to the dictionaries
     * @param table all of it
     */
    Contexts(BlobMetaHeader header, LittleEndian records, ByteSource table) {
        this.header = header;
        this.records = records;
        this.table = table;
        this.zran = header.features().has(BlobFeatures.ZRAN);
    }

    /** How much of a table must be at hand: all, or what is before the dictionaries. */
    static long sizeAtHand(BlobMetaHeader header) {
        long all = header.location().uncompressedSize();
        long contexts = (long) header.contexts() * SIZE;
        boolean apart =
                header.features().has(BlobFeatures.ZRAN) && header.tableOffset() <= all - contexts;
        return apart ? header.tableOffset() + contexts : all;
    }

    /**
     * A batch: its stored bytes decode to {@code plainSize} bytes; stored raw where both sizes are
     * equal.
     */
    public record Batch(long compressedSize, long plainSize) {}

    /**
     * A stretch of a gzip stream that can be inflated on its own.
     *
     * @param dictionary the window to set before
     * @param previousByte holds the {@code pendingBits} (0 to 7) that precede {@code
     *     compressedOffset} in its high bits
     */
    public record Zran(
            long compressedOffset,
            long plainOffset,
            long compressedSize,
            long plainSize,
            GzipWindow dictionary,
            int previousByte,
            int pendingBits) {}

    public int count() {
        return header.contexts();
    }

    private long at(int index) {
        if (index < 0 || index >= count()) {
            throw new IndexOutOfBoundsException("context " + index + " of " + count());
        }
        return header.tableOffset() + (long) index * SIZE;
    }

    public Batch batch(int index) {
        long at = at(index);
        return new Batch(records.u32(at), records.u32(at + 4));
    }

    /** Writes the context of a batch; the target is zero there. */
    public static void writeBatch(
            LittleEndian table, long at, long compressedSize, long plainSize) {
        table.putU32(at, compressedSize).putU32(at + 4, plainSize);
    }

    public Zran zran(int index) {
        long at = at(index);
        long dictionaries = header.tableOffset() + (long) count() * SIZE;
        return new Zran(
                records.u64(at),
                records.u64(at + 8),
                records.u32(at + 24),
                records.u32(at + 28),
                new GzipWindow(
                        table, dictionaries + records.u64(at + 16), (int) records.u32(at + 32)),
                records.u8(at + 36),
                records.u8(at + 37));
    }

    /**
     * Writes the record of a stretch of a gzip stream.
     *
     * @param dictionaryAt where its dictionary lies behind all records
     */
    public static void writeZran(
            LittleEndian table,
            long at,
            long compressedOffset,
            long plainOffset,
            long compressedSize,
            long plainSize,
            long dictionaryAt,
            int dictionarySize,
            int previousByte,
            int pendingBits) {
        table.putU64(at, compressedOffset)
                .putU64(at + 8, plainOffset)
                .putU64(at + 16, dictionarySize == 0 ? 0 : dictionaryAt)
                .putU32(at + 24, compressedSize)
                .putU32(at + 28, plainSize)
                .putU32(at + 32, dictionarySize)
                .putU8(at + 36, previousByte)
                .putU8(at + 37, pendingBits);
    }

    void check(LittleEndian in, long recordsSize) {
        if (count() == 0) {
            return;
        }
        long end = header.location().uncompressedSize();
        if (header.tableOffset() < recordsSize
                || header.tableOffset() > end
                || header.tableSize() > end - header.tableOffset()
                || (long) count() * SIZE > header.tableSize()) {
            throw in.corrupt(
                    header.tableOffset(),
                    count() + " contexts behind the records, inside " + end + " bytes",
                    header.tableOffset() + "+" + header.tableSize());
        }
        for (int i = 0; i < count(); i++) {
            if (zran) {
                checkZran(in, at(i), end - header.tableOffset() - (long) count() * SIZE);
            } else if (batch(i).plainSize() > 1 << 24 || batch(i).compressedSize() > 1 << 24) {
                throw in.corrupt(at(i), "a batch of at most 16 MiB", batch(i).toString());
            }
        }
    }

    private static void checkZran(LittleEndian in, long at, long dictionaries) {
        long offset = in.u64(at + 16);
        long size = in.u32(at + 32);
        if (size > 1 << 15 || offset > dictionaries || size > dictionaries - offset) {
            throw in.corrupt(
                    at + 16,
                    "a dictionary of at most 32 KiB inside the table",
                    offset + "+" + size);
        }
        int bits = in.u8(at + 37);
        if (bits > 7 || (bits > 0 && in.u64(at) == 0)) {
            throw in.corrupt(
                    at + 37,
                    "at most 7 pending bits, of a byte before the context",
                    Integer.toString(bits));
        }
        // Spans end soon behind 2 MiB plain, one chunk (16 MiB at most) may follow; nothing sane is
        // near this bound.
        if (in.u32(at + 28) > 64 << 20 || in.u32(at + 24) > 64 << 20) {
            throw in.corrupt(
                    at + 24,
                    "a context of at most 64 MiB",
                    in.u32(at + 24) + "/" + in.u32(at + 28));
        }
    }

    /** Plain bytes of a context that a chunk record names. */
    long plainSize(int index, boolean ofZran, LittleEndian in, long fieldAt) {
        if (index >= count() || ofZran != zran) {
            throw in.corrupt(fieldAt, "one of " + count() + " contexts", Integer.toString(index));
        }
        return in.u32(at(index) + (zran ? 28 : 4));
    }
}
