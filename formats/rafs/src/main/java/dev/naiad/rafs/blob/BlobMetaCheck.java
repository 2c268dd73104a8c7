package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;

/**
 * What must hold for every record before chunk information is used: chunks lie inside the blob and
 * behind each other, raw ones have one size, contexts exist and hold their chunks.
 * docs/formats/blob.md#chunk-information
 */
final class BlobMetaCheck {
    private final BlobMeta meta;
    private final BlobInfo blob;
    private final LittleEndian records;
    private final Contexts contexts;
    private final boolean v2;

    BlobMetaCheck(BlobMeta meta, LittleEndian records, Contexts contexts, boolean v2) {
        this.meta = meta;
        this.blob = meta.blob();
        this.records = records;
        this.contexts = contexts;
        this.v2 = v2;
    }

    /** Checks every record; a chunk that does not fit is a CorruptFormatException. */
    void check() {
        int count = meta.count();
        int recordSize = meta.recordSize();
        if ((long) count * recordSize > records.size()) {
            throw records.corrupt(
                    -1, count + " records of " + recordSize + " bytes", records.size() + " bytes");
        }
        contexts.check(records, (long) count * recordSize);
        long dataEnd = blob.compressedDataSize();
        long lastEnd = 0;
        for (int i = 0; i < count; i++) {
            long at = (long) i * recordSize;
            long start = meta.uncompressedOffset(i);
            long end = start + meta.uncompressedSize(i);
            if (start < lastEnd || end > blob.uncompressedSize()) {
                throw records.corrupt(
                        at,
                        "chunk "
                                + i
                                + " behind "
                                + lastEnd
                                + " and before "
                                + blob.uncompressedSize(),
                        start + "+" + meta.uncompressedSize(i));
            }
            lastEnd = end;
            long storedEnd = meta.compressedOffset(i) + meta.compressedSize(i);
            // compat: sizes in blobs of the legacy eStargz kind are upper estimates and may run
            // over the end.
            boolean estimate = blob.compressor() == Compressor.GZIP && !v2;
            if (storedEnd > dataEnd && !estimate) {
                throw records.corrupt(
                        at + 8,
                        "chunk " + i + " stored before " + dataEnd,
                        "its end at " + storedEnd);
            }
            if (v2) {
                checkV2(i, at);
            }
        }
    }

    private void checkV2(int i, long at) {
        int flags = meta.flags(i);
        boolean zran = (flags & ChunkInfoArray.ZRAN) != 0;
        boolean batch = (flags & ChunkInfoArray.BATCH) != 0;
        if (meta.compressedSize(i) == 0 && !batch && !blob.has(BlobFeatures.SEPARATE)) {
            throw records.corrupt(at + 8, "stored bytes of chunk " + i, "none");
        }
        boolean plain = (flags & (ChunkInfoArray.COMPRESSED | ChunkInfoArray.ENCRYPTED)) == 0;
        if (plain && !batch && meta.compressedSize(i) != meta.uncompressedSize(i)) {
            throw records.corrupt(
                    at + 8,
                    "equal sizes of the raw chunk " + i,
                    meta.compressedSize(i) + "/" + meta.uncompressedSize(i));
        }
        if ((zran && batch)
                || (zran && !blob.has(BlobFeatures.ZRAN))
                || (batch && !blob.has(BlobFeatures.BATCH))) {
            throw records.corrupt(
                    at,
                    "flags of chunk " + i + " that the blob has",
                    "0x" + Integer.toHexString(flags));
        }
        if (zran || batch) {
            long available = contexts.plainSize(meta.context(i), zran, records, at + 16);
            if (meta.contextOffset(i) > available - meta.uncompressedSize(i)) {
                throw records.corrupt(
                        at + 16,
                        "chunk "
                                + i
                                + " inside the "
                                + available
                                + " bytes of context "
                                + meta.context(i),
                        meta.contextOffset(i) + "+" + meta.uncompressedSize(i));
            }
        }
        if (batch && meta.unit(i).size() > blob.compressedDataSize() - meta.compressedOffset(i)) {
            throw records.corrupt(
                    at + 8,
                    "the batch of chunk " + i + " inside " + blob.compressedDataSize() + " bytes",
                    meta.unit(i).toString());
        }
    }
}
