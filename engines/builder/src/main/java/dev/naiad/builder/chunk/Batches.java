package dev.naiad.builder.chunk;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Small files on their way into the blob: collected until a batch is full, encoded by a worker, and
 * written a fixed number of batches later, so that the blob does not depend on timing. Larger
 * chunks overtake the open batch; they do not close it. For the writer's thread.
 */
final class Batches {
    private static final long MEMORY = 24 << 20;
    private static final int MOST = 16;
    private static final int[] NO_OWNER = {0};

    /** A batch that is being filled, encoded or waits to be written. */
    private static final class Batch {
        final WorkUnit unit;
        int[] numbers = new int[64];
        int[] crc = new int[64];
        int count;
        int used;

        Batch(WorkUnit unit) {
            this.unit = unit;
        }

        void add(WorkUnit from, int i, int number) {
            if (count == numbers.length) {
                numbers = Arrays.copyOf(numbers, count * 2);
                crc = Arrays.copyOf(crc, count * 2);
            }
            int length = from.length[i];
            MemorySegment.copy(from.input, from.offset[i], unit.input, used, length);
            numbers[count] = number;
            crc[count] = from.crc[i];
            count++;
            used += length;
        }

        void clear() {
            unit.reset();
            count = 0;
            used = 0;
        }
    }

    private final int batchSize;
    private final Consumer<WorkUnit> encode;
    private final ChunkWriter writer;
    private final ArrayDeque<Batch> free = new ArrayDeque<>();
    private final ArrayDeque<Batch> closed = new ArrayDeque<>();
    private Batch open;

    /**
     * @param units as many as {@link #units} says, each with room for a batch
     * @param encode has a unit encoded by a worker
     */
    Batches(int batchSize, List<WorkUnit> units, Consumer<WorkUnit> encode, ChunkWriter writer) {
        this.batchSize = batchSize;
        this.encode = encode;
        this.writer = writer;
        units.forEach(unit -> free.add(new Batch(unit)));
        this.open = free.remove();
    }

    /** How many batches there are at once: a matter of memory, never of threads. */
    static int units(int batchSize) {
        return batchSize == 0 ? 0 : Math.clamp(MEMORY / batchSize, 2, MOST);
    }

    /** Takes a chunk of a unit. */
    void add(WorkUnit from, int i, int number) throws InterruptedException {
        if (open.used + from.length[i] >= batchSize) {
            close();
        }
        open.add(from, i, number);
    }

    private void close() throws InterruptedException {
        open.unit.add(0, open.used, NO_OWNER, 0);
        encode.accept(open.unit);
        closed.add(open);
        if (free.isEmpty()) {
            writeOldest();
        }
        open = free.remove();
    }

    /** Writes all that is left. */
    void finish() throws InterruptedException {
        if (open.count > 0) {
            close();
        }
        while (!closed.isEmpty()) {
            writeOldest();
        }
    }

    private void writeOldest() throws InterruptedException {
        @Nullable Batch batch = closed.poll();
        if (batch == null) {
            return;
        }
        batch.unit.awaitReady();
        if (batch.count == 1) {
            // A batch of one is a chunk like any other.
            writer.append(batch.unit, 0, batch.numbers[0], batch.crc[0]);
        } else if (writer.mustStaySingle(batch.used)) {
            int at = 0;
            for (int i = 0; i < batch.count; i++) {
                at += writer.appendAlone(batch.unit, at, batch.numbers[i], batch.crc[i]);
            }
        } else {
            writer.appendBatch(batch.unit, batch.numbers, batch.crc, batch.count);
        }
        batch.clear();
        free.add(batch);
    }
}
