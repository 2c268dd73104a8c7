package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.blobcache.chunkmap.ChunkMap;
import dev.naiad.blobcache.chunkmap.NoChunkMap;
import dev.naiad.blobcache.disk.CacheFile;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.blob.BlobMeta;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all mounts of a daemon share of a blob: its cache file, its chunk map, its chunk table.
 * Counted: each handle, each running job and each read in its callback holds one reference; the
 * last closes the files.
 */
final class SharedBlob {
    private static final Logger LOG = LoggerFactory.getLogger(SharedBlob.class);

    /** What makes two blobs the same for the cache. */
    record Key(Optional<Path> directory, boolean keepsCompressed, String blobId) {}

    final Key key;

    /** The blob's own chunk table, once somebody needed it. */
    volatile @Nullable BlobMeta meta;

    /** What chunk tables read from that are not wholly in memory. */
    @GuardedBy("tables") private final List<FdSource> tables = new ArrayList<>();

    private final @Nullable CacheFile file;
    private final ChunkMap chunks;
    private final Consumer<SharedBlob> onClosed;
    private final AtomicInteger references = new AtomicInteger(1);
    private final AtomicLong diskFailures = new AtomicLong();
    private final AtomicLong unusable = new AtomicLong();

    /** Chunks that are missing or unchecked, unless other processes bring some of them. */
    private final AtomicInteger unchecked;

    private volatile @Nullable Thread syncing;

    SharedBlob(Key key, @Nullable CacheFile file, int chunkCount, Consumer<SharedBlob> onClosed) {
        this.key = key;
        this.file = file;
        this.chunks = file != null ? file.chunks() : new NoChunkMap(chunkCount);
        this.onClosed = onClosed;
        this.unchecked = new AtomicInteger(file != null ? chunkCount - file.checkedCount() : 0);
    }

    /** Closes it with the blob; the caller holds a reference. */
    void ownTable(FdSource source) {
        synchronized (tables) {
            tables.add(source);
        }
    }

    /** Whether ready bytes can be handed out as views of the mapped file. */
    boolean servesViews() {
        return file != null && !key.keepsCompressed();
    }

    /** The file; only where there is one. */
    CacheFile file() {
        var present = file;
        if (present == null) {
            throw new IllegalStateException(this + ": has no cache file");
        }
        return present;
    }

    boolean hasFile() {
        return file != null;
    }

    ChunkMap chunks() {
        return chunks;
    }

    /**
     * Counts a failed write and logs the first of each thousand: a full disk would fill the log as
     * well.
     */
    void diskFailed(Exception failure) {
        if (diskFailures.getAndIncrement() % 1000 == 0) {
            LOG.warn(
                    "{}: cannot write the cache file {}, reads go on uncached: {}",
                    this,
                    file,
                    failure.getMessage());
        }
    }

    /** Counts a chunk of the file that is not right and logs the first of each thousand. */
    void notUsable(int chunk, RuntimeException cause) {
        if (unusable.getAndIncrement() % 1000 == 0) {
            LOG.warn(
                    "{} chunk {}: not usable in {}, fetching it again: {}",
                    this,
                    chunk,
                    file,
                    cause.getMessage());
        }
    }

    /**
     * Counts a chunk that was written or checked. When that was the last one, the file goes to the
     * disk on a thread of its own, so that the next boot need not check it.
     */
    void checked() {
        if (file != null && unchecked.decrementAndGet() <= 0 && file.isComplete() && retain()) {
            try {
                syncing = Thread.ofPlatform().daemon().name("cache-sync").start(() -> sync(file));
            } catch (OutOfMemoryError e) { // no thread to be had
                release();
                LOG.warn("{}: not brought to the disk: {}", this, e.toString());
            }
        }
    }

    /** Waits for a running {@link #sync}, at most so many milliseconds. */
    void awaitSync(long millis) throws InterruptedException {
        var running = syncing;
        if (running != null && millis > 0) {
            running.join(millis);
        }
    }

    private void sync(CacheFile complete) {
        try {
            complete.sync();
        } catch (RuntimeException e) {
            LOG.warn(
                    "{}: {} is not on the disk for sure, and will be checked again after a restart"
                            + " of the machine: {}",
                    this,
                    complete,
                    e.toString());
        } finally {
            release();
        }
    }

    /** Takes a reference, unless the last is gone already. */
    boolean retain() {
        for (int seen = references.get(); seen > 0; seen = references.get()) {
            if (references.compareAndSet(seen, seen + 1)) {
                return true;
            }
        }
        return false;
    }

    void release() {
        if (references.decrementAndGet() > 0) {
            return;
        }
        onClosed.accept(this);
        synchronized (tables) {
            tables.forEach(FdSource::close);
        }
        if (file != null) {
            try {
                file.close();
            } catch (IllegalStateException e) {
                LOG.warn("{}: closing its cache file: {}", this, e.toString());
            }
        }
    }

    @Override
    public String toString() {
        return "blob " + key.blobId();
    }
}
