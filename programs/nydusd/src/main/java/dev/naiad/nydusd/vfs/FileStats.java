package dev.naiad.nydusd.vfs;

import dev.naiad.base.config.JsonWriter;
import dev.naiad.nydusdapi.FsOperation;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters by file, each kind only where the configuration asks for it. Bounded: files beyond
 * {@link #MAX_FILES} are not counted.
 */
public final class FileStats {
    static final int MAX_FILES = 100_000;
    private static final int CLASSES = 8;

    private final boolean counting;
    private final boolean tracing;
    private final boolean latest;
    private final InstantSource clock;
    private final ConcurrentHashMap<Long, File> files = new ConcurrentHashMap<>();
    private final ConcurrentSkipListSet<Long> lately = new ConcurrentSkipListSet<>();

    private static final class File {
        final Instant firstAccess;
        final LongAdder reads = new LongAdder();
        final LongAdder bytes = new LongAdder();
        final LongAdder[] blockCount = new LongAdder[CLASSES];

        File(Instant firstAccess) {
            this.firstAccess = firstAccess;
            Arrays.setAll(blockCount, i -> new LongAdder());
        }
    }

    /**
     * @param counting {@code iostats_files}
     * @param tracing {@code access_pattern}
     * @param latest {@code latest_read_files}
     */
    public FileStats(boolean counting, boolean tracing, boolean latest, InstantSource clock) {
        this.counting = counting;
        this.tracing = tracing;
        this.latest = latest;
        this.clock = clock;
    }

    /** Nothing by file; the clock is never asked then. */
    public static FileStats none() {
        return new FileStats(false, false, false, InstantSource.fixed(Instant.EPOCH));
    }

    public boolean isCounting() {
        return counting;
    }

    public boolean isTracing() {
        return tracing;
    }

    public boolean isRememberingLatest() {
        return latest;
    }

    boolean isEnabled() {
        return counting || tracing || latest;
    }

    void read(long inode, long bytes, int sizeClass) {
        if (latest && (lately.size() < MAX_FILES)) {
            lately.add(inode);
        }
        if (!counting && !tracing) {
            return;
        }
        var file = files.get(inode);
        if (file == null) {
            if (files.size() >= MAX_FILES) {
                return;
            }
            file = files.computeIfAbsent(inode, i -> new File(clock.instant()));
        }
        file.reads.increment();
        file.bytes.add(bytes);
        file.blockCount[sizeClass].increment();
    }

    /** {@code /metrics/files}: counters by inode. */
    public String countersJson() {
        var out = JsonWriter.compact().object();
        files.forEach(
                (inode, file) -> {
                    long[] hits = new long[FsOperation.COUNT];
                    hits[FsOperation.READ.index()] = file.reads.sum();
                    out.key(Long.toString(inode))
                            .object()
                            .put("total_fops", file.reads.sum())
                            .put("data_read", file.bytes.sum());
                    numbers(out.key("block_count_read"), sums(file.blockCount));
                    numbers(out.key("fop_hits"), hits);
                    numbers(out.key("fop_errors"), new long[hits.length]);
                    out.end();
                });
        return out.end().toString();
    }

    /** {@code /metrics/pattern}: in the order of first access. */
    public String patternJson() {
        var byTime = new ArrayList<>(files.entrySet());
        byTime.sort(
                Collections.reverseOrder(
                        (a, b) -> b.getValue().firstAccess.compareTo(a.getValue().firstAccess)));
        var out = JsonWriter.compact().array();
        for (var entry : byTime) {
            var file = entry.getValue();
            out.object()
                    .put("ino", entry.getKey())
                    .put("nr_read", file.reads.sum())
                    .put("first_access_time_secs", file.firstAccess.getEpochSecond())
                    .put("first_access_time_nanos", file.firstAccess.getNano())
                    .end();
        }
        return out.end().toString();
    }

    /** {@code /metrics/files?latest=true}: runs of inodes read since the last call. */
    public String latestJson() {
        List<Long> inodes = new ArrayList<>();
        for (Long inode = lately.pollFirst(); inode != null; inode = lately.pollFirst()) {
            inodes.add(inode);
        }
        var out = JsonWriter.compact().array();
        for (int i = 0; i < inodes.size(); ) {
            int last = i;
            while (last + 1 < inodes.size() && inodes.get(last + 1) == inodes.get(last) + 1) {
                last++;
            }
            out.array().value(inodes.get(i));
            if (last > i) {
                out.value(inodes.get(last));
            }
            out.end();
            i = last + 1;
        }
        return out.end().toString();
    }

    private static long[] sums(LongAdder[] adders) {
        return Arrays.stream(adders).mapToLong(LongAdder::sum).toArray();
    }

    private static void numbers(JsonWriter out, long[] values) {
        out.array();
        for (long value : values) {
            out.value(value);
        }
        out.end();
    }
}
