package dev.naiad.builder.chunk;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.blob.ChunkInfoArray;

/**
 * The records of a blob's chunk information, by the index of the chunk in the blob.
 * docs/formats/blob.md#chunk-information
 */
final class ChunkRecords {
    private final ChunkStore store;
    private final BlobFeatures features;
    private final int[] numbers;

    /**
     * @param first number of the blob's first chunk in the store; {@code count} of them follow
     */
    ChunkRecords(ChunkStore store, BlobFeatures features, int first, int count) {
        this.store = store;
        this.features = features;
        this.numbers = new int[count];
        for (int i = 0; i < count; i++) {
            numbers[store.chunkIndex(first + i)] = first + i;
        }
    }

    /** The number in the store of the chunk at that index. */
    int number(int index) {
        return numbers[index];
    }

    byte[] toBytes(BatchTable batches) {
        byte[] records = toBytes();
        var view = LittleEndian.of(records, "chunk information");
        for (int batch = 0; batch < batches.count(); batch++) {
            writeMembers(view, batches, batch);
        }
        return records;
    }

    byte[] toBytes() {
        boolean v2 = features.has(BlobFeatures.CHUNK_INFO_V2);
        int size = v2 ? ChunkInfoArray.V2_SIZE : ChunkInfoArray.V1_SIZE;
        byte[] records = new byte[Math.multiplyExact(size, numbers.length)];
        var view = LittleEndian.of(records, "chunk information");
        for (int i = 0; i < numbers.length; i++) {
            if (v2) {
                writeV2(view, i);
            } else {
                int number = numbers[i];
                ChunkInfoArray.writeV1(
                        view,
                        (long) i * size,
                        store.uncompressedOffset(number),
                        store.uncompressedSize(number),
                        store.compressedOffset(number),
                        store.compressedSize(number));
            }
        }
        return records;
    }

    private void writeV2(LittleEndian view, int index) {
        int number = numbers[index];
        int flags = store.flags(number);
        boolean zran = features.has(BlobFeatures.ZRAN);
        boolean crc = (flags & ChunkInfo.HAS_CRC) != 0 && !zran;
        int recordFlags =
                ((flags & ChunkInfo.COMPRESSED) != 0 ? ChunkInfoArray.COMPRESSED : 0)
                        | ((flags & ChunkInfo.ENCRYPTED) != 0 ? ChunkInfoArray.ENCRYPTED : 0)
                        | (zran ? ChunkInfoArray.ZRAN : 0)
                        | (crc ? ChunkInfoArray.HAS_CRC : 0);
        long detail = crc ? store.crc32c(number) & 0xffff_ffffL : store.unitWord(number);
        ChunkInfoArray.writeV2(
                view,
                (long) index * ChunkInfoArray.V2_SIZE,
                recordFlags,
                store.uncompressedOffset(number),
                store.uncompressedSize(number),
                store.compressedOffset(number),
                store.compressedSize(number),
                detail);
    }

    /** A member's third word says where it lies in its batch; its checksum has no place there. */
    private void writeMembers(LittleEndian view, BatchTable batches, int batch) {
        int flags =
                ChunkInfoArray.BATCH
                        | ChunkInfoArray.COMPRESSED
                        | (features.has(BlobFeatures.ENCRYPTED) ? ChunkInfoArray.ENCRYPTED : 0);
        long within = 0;
        for (int i = 0; i < batches.chunks(batch); i++) {
            int index = batches.firstChunk(batch) + i;
            int number = numbers[index];
            ChunkInfoArray.writeV2(
                    view,
                    (long) index * ChunkInfoArray.V2_SIZE,
                    flags,
                    store.uncompressedOffset(number),
                    store.uncompressedSize(number),
                    batches.offset(batch),
                    0,
                    (long) batch << 32 | within);
            within += store.uncompressedSize(number);
        }
    }
}
