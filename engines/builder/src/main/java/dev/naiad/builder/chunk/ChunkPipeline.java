package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Turns file bytes into the chunk data of one blob. The caller's thread fills units in the order of
 * the input; workers digest and compress them; one writer takes them in that same order, drops
 * chunks that are known, numbers the others and writes them. So the result depends on the input
 * only, not on the number of threads, and a bounded number of units bounds the memory.
 *
 * <p>{@link #close} stops all threads and frees the units; after a failure every call throws it.
 */
public final class ChunkPipeline implements AutoCloseable {
    private static final int HINTS = 1 << 17;
    private static final long MEMORY = 160 << 20;
    private static final WorkUnit END = new WorkUnit(Arena.global(), 1, 1);

    private final PipelineOptions options;
    private final ChunkStore store;
    private final BlobSink sink;
    private final int blobIndex;
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<WorkUnit> free;
    private final BlockingQueue<WorkUnit> work;
    private final BlockingQueue<WorkUnit> ordered;
    private final List<Thread> threads = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    // First words of digests that the writer has seen. A hint only: it saves compressing what will
    // be dropped.
    private final AtomicLongArray seen = new AtomicLongArray(HINTS);
    private final int workers;

    // Of the writer, read by others after finish().
    private int nextChunk;
    private long nextOffset;
    private long duplicateChunks;
    private long duplicateBytes;

    public ChunkPipeline(PipelineOptions options, ChunkStore store, BlobSink sink, int blobIndex) {
        this.options = options;
        this.store = store;
        this.sink = sink;
        this.blobIndex = blobIndex;
        this.workers = Math.max(1, options.threads());
        byte[] digest = new byte[Digester.LENGTH];
        for (int number = 0; number < store.count(); number++) {
            store.digest(number, digest, 0);
            long first = ChunkStore.word(digest, 0);
            seen.setOpaque(slot(first), first);
        }
        int input = options.chunkSize() + (4 << 20);
        int output =
                input
                        + ChunkCodec.worstCase(options.compressor(), options.chunkSize())
                        - options.chunkSize()
                        + 4096;
        if (options.compressor() == Compressor.NONE) {
            output = 1;
        }
        // The reader may hold two units and the writer one; large chunks get no more than that
        // beside the workers.
        int units = Math.clamp(MEMORY / (input + (long) output), workers + 3, workers * 2 + 3);
        free = new ArrayBlockingQueue<>(units);
        work = new ArrayBlockingQueue<>(units + workers);
        ordered = new ArrayBlockingQueue<>(units + 1);
        for (int i = 0; i < units; i++) {
            free.add(new WorkUnit(arena, input, output));
        }
        for (int i = 0; i < workers; i++) {
            threads.add(
                    Thread.ofPlatform()
                            .name("builder-worker-" + i)
                            .daemon()
                            .unstarted(this::runWorker));
        }
        threads.add(Thread.ofPlatform().name("builder-writer").daemon().unstarted(this::runWriter));
        threads.forEach(Thread::start);
    }

    PipelineOptions options() {
        return options;
    }

    /** An empty unit, as soon as one is free. */
    WorkUnit acquire() {
        return polling(free::poll);
    }

    private interface Poll {
        @Nullable WorkUnit poll(long time, TimeUnit unit) throws InterruptedException;
    }

    private WorkUnit polling(Poll queue) {
        try {
            while (true) {
                throwIfFailed();
                var unit = queue.poll(100, TimeUnit.MILLISECONDS);
                if (unit != null) {
                    return unit;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, sink.name() + ": interrupted while building", e);
        }
    }

    /** Hands a filled unit on; it belongs to the pipeline from here. */
    void submit(WorkUnit unit) {
        throwIfFailed();
        // Both queues have room for every unit there is.
        ordered.add(unit);
        work.add(unit);
    }

    void release(WorkUnit unit) {
        unit.reset();
        free.add(unit);
    }

    /** Waits until everything handed in is written. */
    public void finish() {
        ordered.add(END);
        for (int i = 0; i < workers; i++) {
            work.add(END);
        }
        try {
            for (var thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(
                    ErrorKind.CANCELLED, sink.name() + ": interrupted while building", e);
        }
        throwIfFailed();
    }

    private void throwIfFailed() {
        var cause = failure.get();
        if (cause instanceof NaiadException known) {
            throw new NaiadException(known.kind(), known.what(), known);
        }
        if (cause != null) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, sink.name() + ": building failed: " + cause, cause);
        }
    }

    private void fail(Throwable cause) {
        failure.compareAndSet(null, cause);
        threads.stream()
                .filter(thread -> thread != Thread.currentThread())
                .forEach(Thread::interrupt);
    }

    private void runWorker() {
        try (var codec = ChunkCodec.open(options)) {
            for (var unit = work.take(); unit != END; unit = work.take()) {
                process(unit, codec);
                unit.markReady();
            }
        } catch (Throwable e) { // top of a thread
            fail(e);
        }
    }

    private void process(WorkUnit unit, ChunkCodec codec) {
        int output = 0;
        for (int i = 0; i < unit.chunks; i++) {
            int at = unit.offset[i];
            int length = unit.length[i];
            codec.digest(unit, at, length, unit.digests, i * Digester.LENGTH);
            unit.crc[i] = codec.crc32c(unit, at, length);
            long first = ChunkStore.word(unit.digests, i * Digester.LENGTH);
            if (seen.getOpaque(slot(first)) == first) {
                unit.storedSize[i] = -1;
                continue;
            }
            int size = codec.compress(unit, at, length, output);
            unit.storedSize[i] = size;
            unit.outputOffset[i] = output;
            output += size;
        }
    }

    private static int slot(long word) {
        return (int) (word >>> 20) & HINTS - 1;
    }

    private void runWriter() {
        try (var codec = ChunkCodec.open(options)) {
            for (var unit = ordered.take(); unit != END; unit = ordered.take()) {
                unit.awaitReady();
                write(unit, codec);
                release(unit);
            }
        } catch (Throwable e) { // top of a thread
            fail(e);
        }
    }

    private void write(WorkUnit unit, ChunkCodec codec) {
        var run = new Run();
        for (int i = 0; i < unit.chunks; i++) {
            int length = unit.length[i];
            int number = store.find(unit.digests, i * Digester.LENGTH, length);
            if (number >= 0) {
                duplicateChunks++;
                duplicateBytes += length;
            } else {
                number = append(unit, i, codec, run);
            }
            unit.owner[i][unit.ownerIndex[i]] = number;
        }
        run.flush();
    }

    private int append(WorkUnit unit, int i, ChunkCodec codec, Run run) {
        if (nextChunk >= BlobLimits.MAX_CHUNKS - 2) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    sink.name()
                            + ": more than "
                            + (BlobLimits.MAX_CHUNKS - 2)
                            + " chunks in one blob; use a larger chunk size");
        }
        int length = unit.length[i];
        int number =
                store.add(
                        unit.digests,
                        i * Digester.LENGTH,
                        blobIndex,
                        nextChunk++,
                        length,
                        nextOffset,
                        true);
        nextOffset += options.aligned() ? length + 4095L & ~4095L : length;
        long first = ChunkStore.word(unit.digests, i * Digester.LENGTH);
        seen.setOpaque(slot(first), first);
        var origin = unit.originOf(i);
        if (origin != null) {
            return origin.record(store, number, unit.crc[i]);
        }
        int stored = unit.storedSize[i];
        if (stored < 0) {
            // The hint was wrong (another digest with the same first word): compress here, behind
            // all that is used of the output.
            run.flush();
            stored = codec.compressAlone(unit, unit.offset[i], length);
            finishChunk(number, sink.position(), stored, length, unit.crc[i]);
            sink.write(
                    stored == 0
                            ? unit.inputBuffer.slice(unit.offset[i], length)
                            : codec.alone().slice(0, stored));
            return number;
        }
        long offset = sink.position() + run.length;
        if (stored == 0) {
            run.add(unit.inputBuffer, unit.offset[i], length);
        } else {
            run.add(unit.outputBuffer, unit.outputOffset[i], stored);
        }
        finishChunk(number, offset, stored, length, unit.crc[i]);
        return number;
    }

    private void finishChunk(int number, long offset, int stored, int length, int crc) {
        // A checksum of 0 reads as "none": readers refuse the flag beside it.
        int flags = (stored == 0 ? 0 : ChunkInfo.COMPRESSED) | (crc == 0 ? 0 : ChunkInfo.HAS_CRC);
        int size = stored == 0 ? length : stored;
        store.stored(number, offset, size, flags, crc);
        sink.announce(offset, size, length, stored != 0, crc);
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

    /** Chunks in the blob; after {@link #finish}. */
    public int chunkCount() {
        return nextChunk;
    }

    /** End of the uncompressed blob; after {@link #finish}. */
    public long uncompressedSize() {
        return nextOffset;
    }

    public long duplicateChunks() {
        return duplicateChunks;
    }

    public long duplicateBytes() {
        return duplicateBytes;
    }

    @Override
    public void close() {
        failure.compareAndSet(
                null,
                new NaiadException(ErrorKind.CANCELLED, sink.name() + ": the pipeline is closed"));
        threads.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (var thread : threads) {
            while (thread.isAlive()) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        arena.close();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
