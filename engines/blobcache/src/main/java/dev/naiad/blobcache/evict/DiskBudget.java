package dev.naiad.blobcache.evict;

import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes whole blobs from a cache directory, the longest unwritten first, until what is allocated
 * fits. Blobs that this process has open stay. Another process that has one open goes on with its
 * unlinked files, as when the snapshotter removes an image; only the next start fetches again.
 *
 * <p>Off unless configured: the original never evicts, the snapshotter does. Safe for use by many
 * threads; one of them works.
 */
public final class DiskBudget {
    private static final Logger LOG = LoggerFactory.getLogger(DiskBudget.class);
    private static final int BLOCK = 512;

    // The map goes first: data without a map is nothing, a map without data would be a trap.
    private static final List<String> SUFFIXES =
            List.of(
                    ".blob.data.chunk_map",
                    ".blob.data.naiad_synced",
                    ".blob.data.naiad_checked",
                    ".blob.data",
                    ".blob.raw",
                    ".blob.meta");

    private final Path directory;
    private final long bytes;
    private final Supplier<Set<String>> inUse;
    private final AtomicLong written = new AtomicLong();
    private final AtomicBoolean working = new AtomicBoolean();

    /**
     * A budget for one directory.
     *
     * @param bytes allocated on disk, not file lengths; 0: no limit
     * @param inUse ids of the blobs that must stay
     */
    public DiskBudget(Path directory, long bytes, Supplier<Set<String>> inUse) {
        this.directory = directory;
        this.bytes = bytes;
        this.inUse = inUse;
    }

    /** Counts what was written, and looks after the budget now and then. Never throws. */
    public void wrote(long count) {
        if (bytes == 0 || written.addAndGet(count) < Math.max(1 << 20, bytes / 16)) {
            return;
        }
        written.set(0);
        enforce();
    }

    /** Removes what is too much. Returns the bytes freed. Never throws. */
    public long enforce() {
        if (bytes == 0 || !working.compareAndSet(false, true)) {
            return 0;
        }
        try {
            return remove(blobs());
        } catch (IOException | RuntimeException e) {
            LOG.warn("{}: cannot look after the cache's size: {}", directory, e.toString());
            return 0;
        } finally {
            working.set(false);
        }
    }

    private record Blob(String id, long allocated, Instant written) {
        Blob plus(long more, Instant when) {
            return new Blob(id, allocated + more, when.isAfter(written) ? when : written);
        }
    }

    private List<Blob> blobs() throws IOException {
        var blobs = new HashMap<String, Blob>();
        try (var files = Files.newDirectoryStream(directory)) {
            for (var file : files) {
                String name = file.getFileName().toString();
                for (String suffix : SUFFIXES) {
                    if (name.endsWith(suffix)) {
                        String id = name.substring(0, name.length() - suffix.length());
                        var stat = RawFiles.find(RawPath.of(file));
                        if (stat.isPresent()) {
                            blobs.merge(
                                    id,
                                    new Blob(id, stat.get().blocks() * BLOCK, stat.get().mtime()),
                                    (one, two) -> one.plus(two.allocated, two.written));
                        }
                        break;
                    }
                }
            }
        }
        var oldestFirst = new ArrayList<>(blobs.values());
        oldestFirst.sort(Comparator.comparing(Blob::written));
        return oldestFirst;
    }

    private long remove(List<Blob> oldestFirst) throws IOException {
        long total = oldestFirst.stream().mapToLong(Blob::allocated).sum();
        long freed = 0;
        Set<String> needed = inUse.get();
        for (var blob : oldestFirst) {
            if (total - freed <= bytes) {
                break;
            }
            if (needed.contains(blob.id)) {
                continue;
            }
            for (String suffix : SUFFIXES) {
                Files.deleteIfExists(directory.resolve(blob.id + suffix));
            }
            freed += blob.allocated;
            LOG.info("blob {}: removed from the cache, {} bytes", blob.id, blob.allocated);
        }
        return freed;
    }
}
