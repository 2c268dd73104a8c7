package dev.naiad.rafs.blob;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.StoredUnit;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;

/**
 * The chunk information of a v6 blob (its "blob.meta"): uncompressed records, then batch contexts
 * or ZRAN contexts and dictionaries. A checked view over bytes that the opener keeps alive; safe
 * for concurrent use.
 *
 * <p>Every record is checked when it is opened, so that the accessors can be trusted: chunks lie
 * inside the blob, sizes are positive and at most 16 MiB, contexts exist.
 * docs/formats/blob.md#chunk-information
 */
public final class BlobMeta implements BlobChunks {
    private static final MemorySegment NO_DIGESTS = MemorySegment.NULL.asSlice(0, 0);

    private final BlobInfo blob;
    private final BlobMetaHeader header;
    private final LittleEndian records;
    private final boolean v2;
    private final int count;
    private final MemorySegment digests; // empty: none
    private final Contexts contexts;

    private BlobMeta(
            BlobInfo blob,
            BlobMetaHeader header,
            LittleEndian records,
            ByteSource table,
            MemorySegment digests) {
        this.blob = blob;
        this.header = header;
        this.records = records;
        this.v2 =
                blob.has(BlobFeatures.CHUNK_INFO_V2)
                        || header.features().has(BlobFeatures.CHUNK_INFO_V2);
        this.count = header.entries();
        this.digests = digests;
        this.contexts = new Contexts(header, records, table);
    }

    /**
     * Opens the local cache form: records, zeros up to a multiple of 4096, header.
     *
     * @param name for errors
     */
    public static BlobMeta openCacheFile(BlobInfo blob, MemorySegment file, String name) {
        var header = cacheHeader(ByteSource.of(name, file), name);
        long size = header.location().uncompressedSize();
        return open(blob, header, file.asSlice(0, size), NO_DIGESTS, name);
    }

    /**
     * Like {@link #open}, but keeps only the records in memory; the dictionaries of gzip streams
     * are read when they are needed.
     *
     * @param file must stay open as long as this is used, if {@link #readsLater}
     * @param memory for the records
     */
    public static BlobMeta openCacheFile(
            BlobInfo blob, ByteSource file, SegmentAllocator memory, String name) {
        var header = cacheHeader(file, name);
        var records = memory.allocate(Contexts.sizeAtHand(header), 8);
        file.read(0, records);
        return open(blob, header, records, file, NO_DIGESTS, name);
    }

    private static BlobMetaHeader cacheHeader(ByteSource file, String name) {
        long headerAt = file.size() - BlobMetaHeader.SIZE;
        if (headerAt < 0 || headerAt % BlobMetaHeader.SIZE != 0) {
            throw new CorruptFormatException(
                    name, -1, "whole pages with a header at the end", file.size() + " bytes");
        }
        byte[] bytes = file.readBytes(headerAt, BlobMetaHeader.SIZE);
        var header = BlobMetaHeader.read(MemorySegment.ofArray(bytes), 0, name);
        long size = header.location().uncompressedSize();
        if (size > headerAt || headerAt - size >= BlobMetaHeader.SIZE) {
            throw new CorruptFormatException(
                    name,
                    headerAt + 32,
                    "chunk information of about " + headerAt + " bytes",
                    Long.toString(size));
        }
        return header;
    }

    /** Whether what it was opened from is still needed. */
    public boolean readsLater() {
        return records.size() < header.location().uncompressedSize();
    }

    /**
     * Opens decoded records.
     *
     * @param records exactly the uncompressed chunk information that {@code header} describes
     * @param digests the chunk digest array (32 bytes a chunk), or an empty segment
     */
    public static BlobMeta open(
            BlobInfo blob,
            BlobMetaHeader header,
            MemorySegment records,
            MemorySegment digests,
            String name) {
        if (records.byteSize() != header.location().uncompressedSize()) {
            throw new CorruptFormatException(
                    name,
                    -1,
                    header.location().uncompressedSize() + " bytes of chunk information",
                    Long.toString(records.byteSize()));
        }
        return open(blob, header, records, ByteSource.of(name, records), digests, name);
    }

    private static BlobMeta open(
            BlobInfo blob,
            BlobMetaHeader header,
            MemorySegment records,
            ByteSource table,
            MemorySegment digests,
            String name) {
        if (header.entries() > BlobLimits.MAX_CHUNKS
                || (header.entries() != blob.chunkCount()
                        && !blob.has(BlobFeatures.IS_CHUNKDICT_GENERATED))) {
            throw new CorruptFormatException(
                    name,
                    12,
                    blob.chunkCount() + " chunks, as the bootstrap says",
                    Integer.toString(header.entries()));
        }
        if (!header.location().equals(blob.meta())) {
            throw new CorruptFormatException(
                    name, 16, "chunk information at " + blob.meta(), header.location().toString());
        }
        if (digests.byteSize() != 0
                && digests.byteSize() != (long) header.entries() * Digester.LENGTH) {
            throw new CorruptFormatException(
                    name,
                    -1,
                    header.entries() + " chunk digests",
                    digests.byteSize() + " bytes of them");
        }
        var meta = new BlobMeta(blob, header, LittleEndian.of(records, name), table, digests);
        new BlobMetaCheck(meta, meta.records, meta.contexts, meta.v2).check();
        return meta;
    }

    /** Bytes of the local cache file for chunk information of that size. */
    public static long cacheFileSize(long uncompressedSize) {
        return cacheHeaderOffset(uncompressedSize) + BlobMetaHeader.SIZE;
    }

    /** Where the header lies in the local cache file. */
    public static long cacheHeaderOffset(long uncompressedSize) {
        return uncompressedSize + BlobMetaHeader.SIZE - 1 & -BlobMetaHeader.SIZE;
    }

    int recordSize() {
        return v2 ? ChunkInfoArray.V2_SIZE : ChunkInfoArray.V1_SIZE;
    }

    private long w(int index, int word) {
        if (index < 0 || index >= count) {
            throw new IndexOutOfBoundsException("chunk " + index + " of " + count);
        }
        return records.bits64((long) index * recordSize() + 8L * word);
    }

    int flags(int index) {
        return v2 ? ChunkInfoArray.v2Flags(w(index, 0)) : 0;
    }

    public BlobInfo blob() {
        return blob;
    }

    public BlobMetaHeader header() {
        return header;
    }

    /** The context of a batch or ZRAN chunk, an index into {@link #contexts()}. */
    public int context(int index) {
        long value = w(index, 2) >>> 32;
        return value > Integer.MAX_VALUE ? Integer.MAX_VALUE : (int) value;
    }

    /** Where a batch or ZRAN chunk begins in the plain bytes of its context. */
    public long contextOffset(int index) {
        return w(index, 2) & 0xffff_ffffL;
    }

    public Contexts contexts() {
        return contexts;
    }

    @Override
    public StoredUnit unit(int index) {
        if (isBatch(index)) {
            int context = context(index);
            var batch = contexts.batch(context);
            return new StoredUnit.Batch(
                    context,
                    compressedOffset(index),
                    batch.compressedSize(),
                    batch.plainSize(),
                    isEncrypted(index));
        }
        if (isZran(index)) {
            int context = context(index);
            var zran = contexts.zran(context);
            return new StoredUnit.Gzip(
                    context,
                    zran.compressedOffset(),
                    zran.compressedSize(),
                    zran.plainSize(),
                    zran.dictionary(),
                    zran.previousByte(),
                    zran.pendingBits());
        }
        return BlobChunks.super.unit(index);
    }

    @Override
    public long unitOffset(int index) {
        return isBatch(index) || isZran(index) ? contextOffset(index) : 0;
    }

    @Override
    public int count() {
        return count;
    }

    @Override
    public boolean isKnown(int index) {
        return index >= 0 && index < count;
    }

    @Override
    public long compressedOffset(int index) {
        return ChunkInfoArray.compressedOffset(w(index, 1));
    }

    @Override
    public int compressedSize(int index) {
        long word = w(index, 1);
        return v2 ? ChunkInfoArray.v2CompressedSize(word) : ChunkInfoArray.v1CompressedSize(word);
    }

    @Override
    public long uncompressedOffset(int index) {
        long word = w(index, 0);
        return v2
                ? ChunkInfoArray.v2UncompressedOffset(word)
                : ChunkInfoArray.v1UncompressedOffset(word);
    }

    @Override
    public int uncompressedSize(int index) {
        long word = w(index, 0);
        return v2
                ? ChunkInfoArray.v2UncompressedSize(word)
                : ChunkInfoArray.v1UncompressedSize(word);
    }

    @Override
    public boolean isCompressed(int index) {
        return v2
                ? (flags(index) & ChunkInfoArray.COMPRESSED) != 0
                : compressedSize(index) != uncompressedSize(index);
    }

    @Override
    public boolean isEncrypted(int index) {
        return (flags(index) & ChunkInfoArray.ENCRYPTED) != 0;
    }

    @Override
    public boolean isBatch(int index) {
        return (flags(index) & ChunkInfoArray.BATCH) != 0;
    }

    @Override
    public boolean isZran(int index) {
        return (flags(index) & ChunkInfoArray.ZRAN) != 0;
    }

    @Override
    public boolean hasCrc(int index) {
        return (flags(index)
                        & (ChunkInfoArray.HAS_CRC | ChunkInfoArray.ZRAN | ChunkInfoArray.BATCH))
                == ChunkInfoArray.HAS_CRC;
    }

    @Override
    public int crc32c(int index) {
        return v2 ? (int) w(index, 2) : 0;
    }

    @Override
    public boolean hasDigest(int index) {
        return digests.byteSize() > 0 && isKnown(index);
    }

    @Override
    public void digest(int index, MemorySegment target) {
        MemorySegment.copy(digests, (long) index * Digester.LENGTH, target, 0, Digester.LENGTH);
    }

    @Override
    public int indexAt(long position) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long start = uncompressedOffset(middle);
            if (position < start) {
                high = middle - 1;
            } else if (position >= start + uncompressedSize(middle)) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }
}
