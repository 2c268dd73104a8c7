package dev.naiad.nydusd.vfs;

import dev.naiad.nydusdapi.FsMetrics;
import dev.naiad.nydusdapi.FsOperation;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** Counters of one filesystem, in the classes of the original. */
public final class FsStats {
    private static final int CLASSES = 8;

    /** Exclusive upper bounds of size classes in bytes. */
    private static final long[] SIZE_BYTES = {
        1 << 10, 4 << 10, 16 << 10, 64 << 10, 128 << 10, 512 << 10, 1 << 20
    };

    /** Inclusive upper bounds of latency classes in microseconds. */
    private static final long[] LATENCY_MICROS = {
        200, 1_000, 20_000, 50_000, 500_000, 1_000_000, 2_000_000
    };

    private final String id;
    private final FileStats files;
    private final LongAdder opens = new LongAdder();
    private final LongAdder dataRead = new LongAdder();
    private final LongAdder[] blockCount = adders(CLASSES);
    private final LongAdder[] latencyDist = adders(CLASSES);
    private final LongAdder[] hits = adders(FsOperation.COUNT);
    private final LongAdder[] errors = adders(FsOperation.COUNT);
    private final LongAdder[] latency = adders(FsOperation.COUNT);

    /**
     * @param id the mountpoint
     */
    public FsStats(String id, FileStats files) {
        this.id = id;
        this.files = files;
    }

    public String id() {
        return id;
    }

    /** Counters by file. */
    public FileStats files() {
        return files;
    }

    void record(FsOperation operation, boolean success, long nanos) {
        int op = operation.index();
        (success ? hits : errors)[op].increment();
        latency[op].add(nanos / 1000);
        if (success && operation == FsOperation.OPEN) {
            opens.increment();
        } else if (operation == FsOperation.RELEASE) {
            opens.decrement();
        }
    }

    /** A read that was answered, at once or later. */
    public void read(long inode, long bytes, long nanos) {
        dataRead.add(bytes);
        blockCount[sizeClass(bytes)].increment();
        latencyDist[latencyClass(nanos / 1000)].increment();
        if (files.isEnabled()) {
            files.read(inode, bytes, sizeClass(bytes));
        }
    }

    static int sizeClass(long bytes) {
        for (int i = 0; i < SIZE_BYTES.length; i++) {
            if (bytes < SIZE_BYTES[i]) {
                return i;
            }
        }
        return SIZE_BYTES.length;
    }

    private static int latencyClass(long micros) {
        for (int i = 0; i < LATENCY_MICROS.length; i++) {
            if (micros <= LATENCY_MICROS[i]) {
                return i;
            }
        }
        return LATENCY_MICROS.length;
    }

    public FsMetrics snapshot() {
        return new FsMetrics(
                files.isCounting(),
                files.isTracing(),
                files.isRememberingLatest(),
                true,
                id,
                Math.max(0, opens.sum()),
                dataRead.sum(),
                sums(blockCount),
                sums(hits),
                sums(errors),
                sums(latency),
                sums(latencyDist));
    }

    private static LongAdder[] adders(int count) {
        return Stream.generate(LongAdder::new).limit(count).toArray(LongAdder[]::new);
    }

    private static List<Long> sums(LongAdder[] adders) {
        return Stream.of(adders).map(LongAdder::sum).toList();
    }
}
