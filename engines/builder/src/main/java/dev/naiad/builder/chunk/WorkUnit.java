package dev.naiad.builder.chunk;

import dev.naiad.rafs.Digester;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * A few megabytes of input with the chunks in it, and room for what becomes of them: what travels
 * from the reader to a worker to the writer. Reused; owned by its current holder.
 */
final class WorkUnit {
    /**
     * More chunks than this go into the next unit, so that a million tiny files do not make one
     * huge one.
     */
    static final int MOST_CHUNKS = 8192;

    /** In place of a stored size: no worker has encoded the chunk. */
    static final int NOT_ENCODED = Integer.MIN_VALUE;

    final MemorySegment input;
    final ByteBuffer inputBuffer;
    final MemorySegment output;
    final ByteBuffer outputBuffer;

    int chunks;
    int[] offset = new int[64];
    int[] length = new int[64];
    // Where the number of the chunk goes: a file's list and the position in it.
    int[][] owner = new int[64][];
    int[] ownerIndex = new int[64];

    // Where the chunks are in the stream they were read from; empty if the blob gets them.
    private @Nullable ChunkOrigin[] origins = new ChunkOrigin[0];

    // Filled in by the worker.
    byte[] digests = new byte[64 * Digester.LENGTH];
    int[] crc = new int[64];
    int[] outputOffset = new int[64];

    /**
     * What became of a chunk: n &gt; 0, n bytes of output, compressed; 0, raw, the input is what is
     * stored; n &lt; 0, -n bytes of output, raw but encrypted; {@link #NOT_ENCODED}, because it
     * seems to be known or is for a batch.
     */
    int[] storedSize = new int[64];

    // Of the stored bytes; only if requested.
    int[] storedCrc = new int[64];

    /**
     * The unit is a batch: it has one "chunk", which is encoded and neither digested nor checked.
     */
    final boolean isBatch;

    private CountDownLatch ready = new CountDownLatch(1);

    WorkUnit(Arena arena, int inputCapacity, int outputCapacity, boolean isBatch) {
        this.isBatch = isBatch;
        input = arena.allocate(inputCapacity, 64);
        inputBuffer = input.asByteBuffer();
        output = arena.allocate(outputCapacity, 64);
        outputBuffer = output.asByteBuffer();
    }

    void reset() {
        Arrays.fill(owner, 0, chunks, null);
        Arrays.fill(origins, null);
        chunks = 0;
        ready = new CountDownLatch(1);
    }

    void add(int at, int size, int[] chunkOwner, int index) {
        if (chunks == offset.length) {
            grow();
        }
        offset[chunks] = at;
        length[chunks] = size;
        owner[chunks] = chunkOwner;
        ownerIndex[chunks] = index;
        chunks++;
    }

    /** Says where the last chunk is: the blob will not get it. */
    void origin(ChunkOrigin origin) {
        if (origins.length < chunks) {
            origins = Arrays.copyOf(origins, offset.length);
        }
        origins[chunks - 1] = origin;
    }

    /** Where the chunk is, or null: the blob gets it. */
    @Nullable ChunkOrigin originOf(int chunk) {
        return chunk < origins.length ? origins[chunk] : null;
    }

    private void grow() {
        int size = chunks * 2;
        offset = Arrays.copyOf(offset, size);
        length = Arrays.copyOf(length, size);
        owner = Arrays.copyOf(owner, size);
        ownerIndex = Arrays.copyOf(ownerIndex, size);
        digests = Arrays.copyOf(digests, size * Digester.LENGTH);
        crc = Arrays.copyOf(crc, size);
        outputOffset = Arrays.copyOf(outputOffset, size);
        storedSize = Arrays.copyOf(storedSize, size);
        storedCrc = Arrays.copyOf(storedCrc, size);
    }

    boolean isFull() {
        return chunks >= MOST_CHUNKS;
    }

    void markReady() {
        ready.countDown();
    }

    void awaitReady() throws InterruptedException {
        ready.await();
    }
}
