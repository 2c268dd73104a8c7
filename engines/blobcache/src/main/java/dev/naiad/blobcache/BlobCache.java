package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.chunkmap.BootId;
import dev.naiad.blobcache.disk.CacheFile;
import dev.naiad.linux.ErrnoException;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fetch engine of a daemon, one for all its mounts, so that the memory budget, the threads and
 * the single flight hold for the daemon as a whole. Opening starts no thread. Safe for use by many
 * threads.
 *
 * <pre>
 * try (var cache = BlobCache.open(BlobCacheLimits.DEFAULT, clock, Ticker.system());
 *         var mount = cache.mount(CacheConfig.in(workDir))) {
 *     CachedBlob blob = mount.open(bootstrap.blobs().get(0), bootstrap.chunks(0), backend);
 *     var slices = List.of(new ChunkSlice(blob, ref.chunkIndex(), 0, ref.size()));
 *     if (!mount.tryRead(slices, views)) {
 *         mount.read(slices, callback);
 *     }
 * }
 * </pre>
 */
public final class BlobCache implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(BlobCache.class);

    private final BlobCacheLimits limits;
    private final InstantSource clock;
    private final Ticker ticker;
    private final BootId boot;
    private final Workers workers;

    @GuardedBy("shared") private final Map<SharedBlob.Key, SharedBlob> shared = new HashMap<>();

    @GuardedBy("mounts") private final Set<MountCache> mounts = new LinkedHashSet<>();

    private BlobCache(BlobCacheLimits limits, InstantSource clock, Ticker ticker, BootId boot) {
        this.boot = boot;
        this.limits = limits;
        this.clock = clock;
        this.ticker = ticker;
        this.workers = new Workers(limits, ticker);
    }

    /** An engine without mounts. */
    public static BlobCache open(BlobCacheLimits limits, InstantSource clock, Ticker ticker) {
        return open(limits, clock, ticker, BootId.current());
    }

    /** With a boot of the caller's choice: what was cached under another one is checked first. */
    static BlobCache open(BlobCacheLimits limits, InstantSource clock, Ticker ticker, BootId boot) {
        return new BlobCache(limits, clock, ticker, boot);
    }

    /**
     * A mount's part. Makes the cache directory.
     *
     * @throws NaiadException INVALID_ARGUMENT if the directory cannot be made
     */
    public MountCache mount(CacheConfig config) {
        if (config.workDir().isPresent()) {
            Path directory = config.workDir().get();
            try {
                Files.createDirectories(directory);
            } catch (IOException e) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        "cache directory " + directory + " cannot be made: " + e,
                        e);
            }
        }
        var mount = new MountCache(this, config, new CacheMetrics(clock), ticker);
        synchronized (mounts) {
            mounts.add(mount);
        }
        return mount;
    }

    Flights flights() {
        return workers.flights();
    }

    Workers workers() {
        return workers;
    }

    long readTimeoutNanos() {
        return limits.readTimeout().toNanos();
    }

    void closed(MountCache mount) {
        synchronized (mounts) {
            mounts.remove(mount);
        }
    }

    /** A reference on the blob's files, opened at the first. */
    SharedBlob share(CacheConfig config, BlobInfo info) {
        var key =
                new SharedBlob.Key(
                        config.workDir().map(Path::toAbsolutePath),
                        // Stretches of a gzip stream overlap, and cost more to decode each time.
                        config.keepsCompressed() && !info.has(BlobFeatures.ZRAN),
                        info.id());
        synchronized (shared) {
            SharedBlob present = shared.get(key);
            if (present != null && present.retain()) {
                if (present.chunks().count() != info.chunkCount()) {
                    present.release();
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            present
                                    + " has "
                                    + present.chunks().count()
                                    + " chunks in one image and "
                                    + info.chunkCount()
                                    + " in another");
                }
                return present;
            }
            var opened = new SharedBlob(key, openFile(key, info), info.chunkCount(), this::forget);
            shared.put(key, opened);
            return opened;
        }
    }

    Set<String> blobsInUse() {
        synchronized (shared) {
            var ids = new LinkedHashSet<String>();
            shared.keySet().forEach(key -> ids.add(key.blobId()));
            return ids;
        }
    }

    private void forget(SharedBlob blob) {
        synchronized (shared) {
            shared.remove(blob.key, blob);
        }
    }

    private @Nullable CacheFile openFile(SharedBlob.Key key, BlobInfo info) {
        Optional<Path> directory = key.directory();
        long length = key.keepsCompressed() ? info.compressedDataSize() : info.uncompressedSize();
        if (directory.isEmpty() || info.chunkCount() == 0 || length <= 0) {
            return null;
        }
        try {
            return CacheFile.open(
                    directory.get(),
                    key.blobId(),
                    key.keepsCompressed(),
                    length,
                    info.chunkCount(),
                    boot);
        } catch (IOException | ErrnoException e) {
            log.warn(
                    "blob {}: no cache file in {}, reads go on uncached: {}",
                    key.blobId(),
                    directory.get(),
                    e.toString());
            return null;
        }
    }

    /** Closes the mounts that are left, and ends the threads. */
    @Override
    public void close() {
        List<MountCache> left;
        synchronized (mounts) {
            left = List.copyOf(mounts);
        }
        left.forEach(MountCache::close);
        workers.close();
    }
}
