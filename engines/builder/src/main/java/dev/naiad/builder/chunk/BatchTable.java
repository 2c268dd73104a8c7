package dev.naiad.builder.chunk;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.blob.Contexts;
import java.util.Arrays;

/**
 * The batches of a blob in the order in which they lie there. The chunks of one follow each other,
 * packed. One thread writes; others read after it has finished.
 */
public final class BatchTable {
    private int[] firstChunk = new int[16];
    private int[] chunks = new int[16];
    private long[] offset = new long[16];
    private int[] storedSize = new int[16];
    private int[] plainSize = new int[16];
    private int count;

    void add(int first, int chunkCount, long at, int stored, int plain) {
        if (count == chunks.length) {
            firstChunk = Arrays.copyOf(firstChunk, count * 2);
            chunks = Arrays.copyOf(chunks, count * 2);
            offset = Arrays.copyOf(offset, count * 2);
            storedSize = Arrays.copyOf(storedSize, count * 2);
            plainSize = Arrays.copyOf(plainSize, count * 2);
        }
        firstChunk[count] = first;
        chunks[count] = chunkCount;
        offset[count] = at;
        storedSize[count] = stored;
        plainSize[count] = plain;
        count++;
    }

    int count() {
        return count;
    }

    /** Index in the blob of the batch's first chunk. */
    int firstChunk(int batch) {
        return firstChunk[batch];
    }

    int chunks(int batch) {
        return chunks[batch];
    }

    /** Where the batch begins in the blob. */
    long offset(int batch) {
        return offset[batch];
    }

    ContextTable contexts() {
        byte[] bytes = new byte[Math.multiplyExact(count, Contexts.SIZE)];
        var view = LittleEndian.of(bytes, "batch contexts");
        for (int i = 0; i < count; i++) {
            Contexts.writeBatch(view, (long) i * Contexts.SIZE, storedSize[i], plainSize[i]);
        }
        return ContextTable.of(count, bytes);
    }
}
