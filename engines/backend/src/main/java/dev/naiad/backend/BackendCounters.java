package dev.naiad.backend;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/** Counters of one backend, in the classes of the original's {@code /metrics/backend}. */
public final class BackendCounters {
    /** Upper bounds of latency classes in milliseconds; the last class has none. */
    private static final long[] LATENCY_MILLIS = {1, 20, 50, 100, 500, 1000, 2000};

    /** Upper bounds of size classes in bytes; the last class has none. */
    private static final long[] SIZE_BYTES = {
        1 << 10, 4 << 10, 16 << 10, 64 << 10, 128 << 10, 512 << 10, 1 << 20
    };

    private static final int CLASSES = 8;

    private final String type;
    private final LongAdder reads = new LongAdder();
    private final LongAdder errors = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final LongAdder latencyMillis = new LongAdder();
    private final LongAdder mirrorHits = new LongAdder();
    private final LongAdder mirrorMisses = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final AtomicLongArray sizes = new AtomicLongArray(CLASSES);
    private final AtomicLongArray latencies = new AtomicLongArray(CLASSES);
    private final AtomicLongArray latencyBySize = new AtomicLongArray(CLASSES * CLASSES);

    public BackendCounters(String type) {
        this.type = type;
    }

    /** Counts an attempt that delivered its bytes. */
    public void succeeded(long count, long nanos) {
        long millis = nanos / 1_000_000;
        int size = classOf(count, SIZE_BYTES);
        int latency = classOf(millis, LATENCY_MILLIS);
        reads.increment();
        bytes.add(count);
        latencyMillis.add(millis);
        sizes.incrementAndGet(size);
        latencies.addAndGet(size, millis);
        latencyBySize.incrementAndGet(size * CLASSES + latency);
    }

    /** Counts an attempt that failed. */
    public void failed() {
        reads.increment();
        errors.increment();
    }

    /** A mirror answered. */
    public void mirrorHit() {
        mirrorHits.increment();
    }

    /** A mirror did not answer, or with a failure of its own. */
    public void mirrorMiss() {
        mirrorMisses.increment();
    }

    public void retried() {
        retries.increment();
    }

    public String type() {
        return type;
    }

    public long readCount() {
        return reads.sum();
    }

    public long readErrors() {
        return errors.sum();
    }

    public long readBytes() {
        return bytes.sum();
    }

    public long latencyMillis() {
        return latencyMillis.sum();
    }

    public long mirrorHits() {
        return mirrorHits.sum();
    }

    public long mirrorMisses() {
        return mirrorMisses.sum();
    }

    public long retries() {
        return retries.sum();
    }

    /** {@code read_count_block_size_dist}. */
    public long[] countBySize() {
        return copy(sizes, 0);
    }

    /** {@code read_cumulative_latency_millis_dist}, by size class. */
    public long[] latencyBySize() {
        return copy(latencies, 0);
    }

    /** A row of {@code read_latency_sizes_dist}: counts by latency class. */
    public long[] latencyCounts(int sizeClass) {
        return copy(latencyBySize, sizeClass * CLASSES);
    }

    private static long[] copy(AtomicLongArray source, int from) {
        long[] values = new long[CLASSES];
        for (int i = 0; i < CLASSES; i++) {
            values[i] = source.get(from + i);
        }
        return values;
    }

    private static int classOf(long value, long[] bounds) {
        for (int i = 0; i < bounds.length; i++) {
            if (value <= bounds[i]) {
                return i;
            }
        }
        return bounds.length;
    }
}
