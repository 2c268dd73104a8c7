package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Digester;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
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
    private static final long MEMORY = 160 << 20;
    private static final WorkUnit END = new WorkUnit(Arena.global(), 1, 1, false);

    private final PipelineOptions options;
    private final BlobSink sink;
    private final Arena arena = Arena.ofShared();
    private final BlockingQueue<WorkUnit> free;
    private final BlockingQueue<WorkUnit> work;
    private final BlockingQueue<WorkUnit> ordered;
    private final List<Thread> threads = new ArrayList<>();
    private final List<Runnable> afterwards = new ArrayList<>();
    private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    private final SeenDigests seen = new SeenDigests();
    private final ChunkWriter writer;
    private final List<WorkUnit> batchUnits = new ArrayList<>();
    private final int workers;
    private final Supplier<WorkUnit> newUnit;
    private int unmade; // for the thread that submits

    public ChunkPipeline(PipelineOptions options, ChunkStore store, BlobSink sink, int blobIndex) {
        this.options = options;
        this.sink = sink;
        this.workers = Math.max(1, options.threads());
        byte[] digest = new byte[Digester.LENGTH];
        for (int number = 0; number < store.count(); number++) {
            store.digest(number, digest, 0);
            seen.add(digest, 0);
        }
        writer = new ChunkWriter(options, store, sink, blobIndex, seen);
        int input = options.chunkSize() + (4 << 20);
        int output = outputFor(input, options.chunkSize(), WorkUnit.MOST_CHUNKS);
        for (int i = 0; i < Batches.units(options.batchSize()); i++) {
            int size = options.batchSize();
            batchUnits.add(new WorkUnit(arena, size, outputFor(size, size, 1), true));
        }
        // The reader may hold two units and the writer one; large chunks get no more than that
        // beside the workers.
        int units = Math.clamp(MEMORY / (input + (long) output), workers + 3, workers * 2 + 3);
        free = new ArrayBlockingQueue<>(units);
        work = new ArrayBlockingQueue<>(units + batchUnits.size() + workers);
        ordered = new ArrayBlockingQueue<>(units + 1);
        newUnit = () -> new WorkUnit(arena, input, output, false);
        unmade = units;
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

    private int outputFor(int input, int largestChunk, int chunks) {
        int worst = ChunkCodec.worstCase(options.compressor(), largestChunk);
        if (worst == 0 && options.key() == null) {
            return 1; // the input is what is stored
        }
        return input + Math.max(0, worst - largestChunk) + ChunkCodec.slack(options, chunks);
    }

    PipelineOptions options() {
        return options;
    }

    /**
     * An empty unit, as soon as one is free. They are made when they are missed: to clear the
     * memory of all of them takes longer than most layers.
     */
    WorkUnit acquire() {
        var unit = free.poll();
        if (unit != null) {
            return unit;
        }
        if (unmade > 0) {
            unmade--;
            return newUnit.get();
        }
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
        afterwards.forEach(Runnable::run);
    }

    /** Runs {@code action} when all chunks have their numbers; for the thread that submits. */
    void afterwards(Runnable action) {
        afterwards.add(action);
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
        if (!unit.isBatch) {
            codec.digest(unit);
        }
        int output = 0;
        for (int i = 0; i < unit.chunks; i++) {
            if (unit.isBatch || !check(unit, i, codec)) {
                output += codec.encode(unit, i, output);
                if (sink.isWitnessed()) {
                    unit.storedCrc[i] = codec.storedCrc32c(unit, i);
                }
            }
        }
    }

    /** Returns whether that is all there is to do for now. */
    private boolean check(WorkUnit unit, int i, ChunkCodec codec) {
        int at = unit.offset[i];
        int length = unit.length[i];
        unit.crc[i] = codec.crc32c(unit, at, length);
        unit.storedSize[i] = WorkUnit.NOT_ENCODED;
        return options.batches(unit.owner[i].length, length)
                || seen.mayHave(unit.digests, i * Digester.LENGTH);
    }

    private void runWriter() {
        try (var codec = ChunkCodec.open(options)) {
            writer.open(codec, batchUnits, work::add);
            for (var unit = ordered.take(); unit != END; unit = ordered.take()) {
                unit.awaitReady();
                writer.write(unit);
                release(unit);
            }
            writer.finish();
            for (int i = 0; i < workers; i++) {
                work.add(END);
            }
        } catch (Throwable e) { // top of a thread
            fail(e);
        }
    }

    /** Chunks in the blob; after {@link #finish}. */
    public int chunkCount() {
        return writer.chunkCount();
    }

    /** End of the uncompressed blob; after {@link #finish}. */
    public long uncompressedSize() {
        return writer.uncompressedSize();
    }

    /** The batches that were written; after {@link #finish}. */
    public BatchTable batches() {
        return writer.batchTable();
    }

    public long duplicateChunks() {
        return writer.duplicateChunks();
    }

    public long duplicateBytes() {
        return writer.duplicateBytes();
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
