package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.cipher.AesXts;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Digester;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The last stage of a pipeline: takes units in the order of the input, drops chunks that are known,
 * numbers the others and writes them. For one thread; what it counted may be read by others after
 * its end.
 */
final class ChunkWriter {
    private static final int MOST_CHUNKS = BlobLimits.MAX_CHUNKS - 2;

    private final PipelineOptions options;
    private final ChunkStore store;
    private final BlobSink sink;
    private final int blobIndex;
    private final SeenDigests seen;
    private final BatchTable batchTable = new BatchTable();

    // Made by the writer's thread, see open().
    private @Nullable ChunkCodec ownCodec;
    private @Nullable Batches batches;

    private int added;
    private int nextChunk;
    private long nextOffset;
    private long duplicateChunks;
    private long duplicateBytes;

    ChunkWriter(
            PipelineOptions options,
            ChunkStore store,
            BlobSink sink,
            int blobIndex,
            SeenDigests seen) {
        this.options = options;
        this.store = store;
        this.sink = sink;
        this.blobIndex = blobIndex;
        this.seen = seen;
    }

    /**
     * To be called first, on the writer's thread.
     *
     * @param codec for chunks that no worker has encoded; stays the caller's to close
     * @param batchUnits where small files are collected; empty if there are no batches
     * @param encode has a batch encoded by a worker
     */
    void open(ChunkCodec codec, List<WorkUnit> batchUnits, Consumer<WorkUnit> encode) {
        ownCodec = codec;
        batches =
                batchUnits.isEmpty()
                        ? null
                        : new Batches(options.batchSize(), batchUnits, encode, this);
    }

    private ChunkCodec codec() {
        var codec = ownCodec;
        if (codec == null) {
            throw new IllegalStateException("the writer is not open");
        }
        return codec;
    }

    void write(WorkUnit unit) throws InterruptedException {
        var run = new Run();
        for (int i = 0; i < unit.chunks; i++) {
            int length = unit.length[i];
            int number = store.find(unit.digests, i * Digester.LENGTH, length);
            if (number >= 0) {
                duplicateChunks++;
                duplicateBytes += length;
            } else {
                number = add(unit, i);
                if (batches != null && options.batches(unit.owner[i].length, length)) {
                    run.flush(); // a batch may be written now
                    batches.add(unit, i, number);
                } else {
                    append(unit, i, number, unit.crc[i], run);
                }
            }
            unit.owner[i][unit.ownerIndex[i]] = number;
        }
        run.flush();
    }

    /** Writes what was held back. */
    void finish() throws InterruptedException {
        if (batches != null) {
            batches.finish();
        }
    }

    /** Makes the chunk known; its place in the blob is found when it is written. */
    private int add(WorkUnit unit, int i) {
        if (added >= MOST_CHUNKS) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    sink.name()
                            + ": more than "
                            + MOST_CHUNKS
                            + " chunks in one blob; use a larger chunk size");
        }
        added++;
        int at = i * Digester.LENGTH;
        seen.add(unit.digests, at);
        return store.add(unit.digests, at, blobIndex, -1, unit.length[i], 0, true);
    }

    private void place(int number) {
        store.place(number, nextChunk++, nextOffset);
        int length = store.uncompressedSize(number);
        nextOffset += options.aligned() ? length + 4095L & ~4095L : length;
    }

    /** Writes chunk {@code i} of a unit as it was encoded. */
    void append(WorkUnit unit, int i, int number, int crc) {
        var run = new Run();
        append(unit, i, number, crc, run);
        run.flush();
    }

    private void append(WorkUnit unit, int i, int number, int crc, Run run) {
        var origin = unit.originOf(i);
        if (origin != null) {
            place(number);
            origin.record(store, number, crc);
            return;
        }
        if (unit.storedSize[i] == WorkUnit.NOT_ENCODED) {
            // The hint was wrong: another digest with the same first word.
            run.flush();
            appendAlone(unit, unit.offset[i], number, crc);
            return;
        }
        place(number);
        int stored = unit.storedSize[i];
        long offset = sink.position() + run.length;
        if (stored == 0) {
            run.add(unit.inputBuffer, unit.offset[i], unit.length[i]);
        } else {
            run.add(unit.outputBuffer, unit.outputOffset[i], Math.abs(stored));
        }
        stored(number, offset, stored, crc, unit.storedCrc[i]);
    }

    /**
     * Encodes the chunk whose bytes begin at {@code at} of the unit's input here and now, and
     * writes it.
     *
     * @return the length of the chunk
     */
    int appendAlone(WorkUnit unit, int at, int number, int crc) {
        place(number);
        int length = store.uncompressedSize(number);
        int stored = codec().encodeAlone(unit.input.asSlice(at, length));
        var bytes =
                stored == 0
                        ? unit.inputBuffer.slice(at, length)
                        : codec().alone().slice(0, Math.abs(stored));
        stored(number, sink.position(), stored, crc, codec().crc32c(bytes.duplicate()));
        sink.write(bytes);
        return length;
    }

    /** See {@link WorkUnit#storedSize} for what {@code stored} says. */
    private void stored(int number, long offset, int stored, int crc, int storedCrc) {
        int flags =
                (stored > 0 ? ChunkInfo.COMPRESSED : 0)
                        | (options.key() != null ? ChunkInfo.ENCRYPTED : 0)
                        | crcFlag(crc);
        int size = stored == 0 ? store.uncompressedSize(number) : Math.abs(stored);
        store.stored(number, offset, size, flags, crc);
        if (options.key() == null) {
            sink.announce(offset, size, store.uncompressedSize(number), stored > 0, crc, storedCrc);
        }
    }

    /** A checksum of 0 reads as "none": readers refuse the flag beside it. */
    private static int crcFlag(int crc) {
        return crc == 0 ? 0 : ChunkInfo.HAS_CRC;
    }

    /**
     * Whether chunks of so many bytes in total cannot form a batch: the padding of a short
     * encrypted one would make it look compressed.
     */
    boolean mustStaySingle(int bytes) {
        return options.key() != null && bytes < AesXts.BLOCK;
    }

    /** Writes the only chunk of the unit as a batch of the chunks {@code numbers}. */
    void appendBatch(WorkUnit unit, int[] numbers, int[] crc, int count) {
        int first = nextChunk;
        for (int i = 0; i < count; i++) {
            place(numbers[i]);
            // compat: the bootstrap does not give the position of a member; readers use
            // the blob's own table.
            store.stored(numbers[i], 0, 0, crcFlag(crc[i]), crc[i]);
        }
        int stored = unit.storedSize[0];
        int size = stored == 0 ? unit.length[0] : Math.abs(stored);
        batchTable.add(first, count, sink.position(), size, unit.length[0]);
        if (options.key() == null) {
            int plainCrc = codec().crc32c(unit, 0, unit.length[0]);
            sink.announce(
                    sink.position(), size, unit.length[0], stored > 0, plainCrc, unit.storedCrc[0]);
        }
        sink.write((stored == 0 ? unit.inputBuffer : unit.outputBuffer).slice(0, size));
    }

    /** Neighbouring bytes of one buffer, written with one call. */
    private final class Run {
        private @Nullable ByteBuffer buffer;
        private int start;
        private int length;

        @SuppressWarnings("ReferenceEquality") // which of the two buffers it is, not what is in it
        void add(ByteBuffer from, int at, int size) {
            if (from != buffer || at != start + length) {
                flush();
                buffer = from;
                start = at;
            }
            length += size;
        }

        void flush() {
            if (buffer != null && length > 0) {
                sink.write(buffer.slice(start, length));
            }
            buffer = null;
            length = 0;
        }
    }

    int chunkCount() {
        return nextChunk;
    }

    long uncompressedSize() {
        return nextOffset;
    }

    long duplicateChunks() {
        return duplicateChunks;
    }

    long duplicateBytes() {
        return duplicateBytes;
    }

    BatchTable batchTable() {
        return batchTable;
    }
}
