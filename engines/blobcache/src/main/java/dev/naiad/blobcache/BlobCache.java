package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.chunkmap.BootId;
import dev.naiad.blobcache.evict.DiskBudget;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

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
    private final BlobCacheLimits limits;
    private final InstantSource clock;
    private final Ticker ticker;
    private final SharedBlobs shared;
    private final Workers workers;

    @GuardedBy("mounts") private final Set<MountCache> mounts = new LinkedHashSet<>();

    private BlobCache(BlobCacheLimits limits, InstantSource clock, Ticker ticker, BootId boot) {
        this.shared = new SharedBlobs(boot);
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
        var diskBudget =
                new DiskBudget(
                        config.workDir().orElse(Path.of("")),
                        config.workDir().isPresent() ? config.diskBudgetBytes() : 0,
                        shared::blobsInUse);
        var account =
                new MountAccount(
                        config, new CacheMetrics(clock), diskBudget, limits.readTimeout(), ticker);
        var mount = new MountCache(account, shared, workers, this::closed);
        synchronized (mounts) {
            mounts.add(mount);
        }
        return mount;
    }

    private void closed(MountCache mount) {
        synchronized (mounts) {
            mounts.remove(mount);
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
