package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;
import java.lang.foreign.MemorySegment;

/**
 * The 4096 bytes behind a blob's chunk information, little-endian, a magic number at both ends.
 * docs/formats/blob.md#meta-header
 *
 * @param entries chunks
 * @param location of the chunk information in the blob file (kept in the local cache form too)
 * @param tableOffset of batch or ZRAN contexts within the uncompressed chunk information
 * @param tableSize their bytes with the dictionaries
 * @param contexts their number
 */
public record BlobMetaHeader(
        BlobFeatures features,
        int entries,
        BlobInfo.MetaLocation location,
        long tableOffset,
        long tableSize,
        int contexts) {
    public static final int SIZE = 4096;
    public static final long MAGIC = 0xb10b_b10bL;

    private static final int FEATURES = 4;
    private static final int COMPRESSOR = 8;
    private static final int ENTRIES = 12;
    private static final int OFFSET = 16;
    private static final int COMPRESSED = 24;
    private static final int UNCOMPRESSED = 32;
    private static final int TABLE_OFFSET = 40;
    private static final int TABLE_SIZE = 48;
    private static final int CONTEXTS = 56;
    private static final int TRAILING_MAGIC = SIZE - 4;

    /** Decodes the header at {@code at}. */
    public static BlobMetaHeader read(MemorySegment bytes, long at, String file) {
        var view = LittleEndian.slice(bytes, at, SIZE, file);
        for (int where : new int[] {0, TRAILING_MAGIC}) {
            if (view.u32(where) != MAGIC) {
                throw view.corrupt(where, "0xb10bb10b", "0x" + Long.toHexString(view.u32(where)));
            }
        }
        var compressor =
                Compressor.ofCode(view.u32(COMPRESSOR))
                        .orElseThrow(
                                () ->
                                        view.corrupt(
                                                COMPRESSOR,
                                                "a compressor code from 0 to 3",
                                                Long.toString(view.u32(COMPRESSOR))));
        return new BlobMetaHeader(
                new BlobFeatures(view.bits32(FEATURES)),
                view.u31(ENTRIES),
                new BlobInfo.MetaLocation(
                        compressor, view.u64(OFFSET), view.u64(COMPRESSED), view.u64(UNCOMPRESSED)),
                view.u64(TABLE_OFFSET),
                view.u64(TABLE_SIZE),
                view.u31(CONTEXTS));
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[SIZE];
        LittleEndian.of(bytes, "blob meta header")
                .putU32(0, MAGIC)
                .putU32(FEATURES, features.bits())
                .putU32(COMPRESSOR, location.compressor().code())
                .putU32(ENTRIES, entries)
                .putU64(OFFSET, location.offset())
                .putU64(COMPRESSED, location.compressedSize())
                .putU64(UNCOMPRESSED, location.uncompressedSize())
                .putU64(TABLE_OFFSET, tableOffset)
                .putU64(TABLE_SIZE, tableSize)
                .putU32(CONTEXTS, contexts)
                .putU32(TRAILING_MAGIC, MAGIC);
        return bytes;
    }
}
