package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.backend.Backend;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobInfo;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A mount's view of the cache: its configuration, blobs, counters and prefetch. Made by {@link
 * BlobCache#mount}. Safe for use by many threads, which must have stopped reading before {@link
 * #close}.
 */
public final class MountCache implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MountCache.class);
    private static final long CLOSE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final MountAccount account;
    private final SharedBlobs shared;
    private final Workers workers;
    private final Consumer<MountCache> onClosed;

    @GuardedBy("this") private final List<CachedBlob> blobs = new ArrayList<>();

    @GuardedBy("this") private boolean closed;

    /**
     * @param onClosed told once, at the end of {@link #close}
     */
    MountCache(
            MountAccount account,
            SharedBlobs shared,
            Workers workers,
            Consumer<MountCache> onClosed) {
        this.account = account;
        this.shared = shared;
        this.workers = workers;
        this.onClosed = onClosed;
    }

    public CacheConfig config() {
        return account.config;
    }

    /**
     * Opens a blob: cheap, touches no network.
     *
     * @param info from the bootstrap, with its real id
     * @param listed the bootstrap's chunk list; both must stay usable until this mount is closed
     * @param backend where the blob is; the caller's to close, after this mount
     */
    public CachedBlob open(BlobInfo info, BlobChunks listed, Backend backend) {
        var files = shared.share(account.config, info);
        var blob = new CachedBlob(account, files, info, listed, backend);
        synchronized (this) {
            if (!closed) {
                blobs.add(blob);
                return blob;
            }
        }
        files.release();
        throw new NaiadException(ErrorKind.FAILED_PRECONDITION, blob + ": the mount is closed");
    }

    /**
     * The fast way: when everything is in the cache file, adds views of the mapped file to {@code
     * out}, one for each slice. Never blocks, never fetches. The views are read only and valid
     * until this mount is closed; a disk error shows as EFAULT of the system call that reads them,
     * or as an {@link InternalError} when Java does.
     *
     * @return false if something is missing; {@code out} is as before, and {@link #read} is next
     * @throws dev.naiad.base.error.CorruptFormatException if a slice lies outside its chunk or a
     *     chunk outside its blob
     */
    public boolean tryRead(List<ChunkSlice> slices, List<MemorySegment> out) {
        for (var slice : slices) {
            if (!slice.isReady()) {
                return false;
            }
        }
        long bytes = 0;
        for (var slice : slices) {
            out.add(slice.view());
            bytes += slice.length();
        }
        var metrics = account.metrics;
        metrics.total.increment();
        metrics.wholeHits.increment();
        metrics.readBytes.add(bytes);
        return true;
    }

    /**
     * Fetches what is missing and answers. Does not block; failures come through the callback, too.
     *
     * @param slices not empty; kept until the answer
     */
    public void read(List<ChunkSlice> slices, ReadCallback callback) {
        account.metrics.total.increment();
        if (slices.stream().anyMatch(ChunkSlice::isCached)) {
            account.metrics.partialHits.increment();
        }
        var read = new PendingRead(account, slices, callback, account.readDeadlineNanos());
        account.began();
        boolean complete;
        try {
            complete = workers.flights().submit(read);
        } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
            if (workers.flights().settle(read)) {
                read.fail(FetchErrors.of("read", e));
            }
            return;
        }
        if (complete) {
            read.succeed();
        }
    }

    /**
     * Reads and waits: for tools and tests. Not for a FUSE worker.
     *
     * @param target takes all slices one behind the other
     */
    public void readFully(List<ChunkSlice> slices, MemorySegment target) {
        var failure = new AtomicReference<NaiadException>();
        var done = new CountDownLatch(1);
        read(
                slices,
                new ReadCallback() {
                    @Override
                    public void onReady(List<MemorySegment> pieces) {
                        long at = 0;
                        for (var piece : pieces) {
                            MemorySegment.copy(piece, 0, target, at, piece.byteSize());
                            at += piece.byteSize();
                        }
                        done.countDown();
                    }

                    @Override
                    public void onFailure(NaiadException cause) {
                        failure.set(cause);
                        done.countDown();
                    }
                });
        try {
            done.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new NaiadException(ErrorKind.CANCELLED, "interrupted while reading", e);
        }
        var cause = failure.get();
        if (cause != null) {
            throw new NaiadException(cause.kind(), cause.what(), cause);
        }
    }

    /**
     * Queues chunks to be loaded ahead of readers, if prefetch is enabled; out-of-range parts are
     * ignored.
     */
    public void prefetch(CachedBlob blob, int firstChunk, int count) {
        int first = Math.max(0, firstChunk);
        int end = (int) Math.min(blob.info.chunkCount(), (long) firstChunk + count);
        if (account.config.prefetch().enabled() && first < end) {
            workers.prefetch(blob, first, end);
        }
    }

    /** Queues the whole blob: what the image uses of it. */
    public void prefetchAll(CachedBlob blob) {
        prefetch(blob, 0, blob.info.chunkCount());
    }

    /** The counters now. */
    public CacheSnapshot snapshot() {
        List<CachedBlob> open;
        synchronized (this) {
            open = List.copyOf(blobs);
        }
        long ready = 0;
        boolean allReady = !open.isEmpty();
        var files = new ArrayList<String>();
        for (var blob : open) {
            ready += blob.readyChunks();
            allReady &= blob.readyChunks() == blob.info.chunkCount();
            // compat: the newer snapshotter adds up the sizes of these names, and knows them with
            // this suffix only.
            files.add(blob.id() + ".blob.data");
        }
        var metrics = account.metrics;
        return new CacheSnapshot(
                files,
                account.config.workDir().map(Path::toString).orElse(""),
                metrics.partialHits.sum(),
                metrics.wholeHits.sum(),
                metrics.total.sum(),
                ready,
                metrics.prefetchBytes.sum(),
                metrics.prefetchRequests.sum(),
                workers.prefetchThreads(),
                metrics.prefetchUnmerged.sum(),
                metrics.prefetchMillis.sum(),
                metrics.prefetchBeginMillis(),
                metrics.prefetchEndMillis(),
                0,
                allReady,
                metrics.readBytes.sum(),
                metrics.fetchedBytes.sum(),
                metrics.failedReads.sum(),
                metrics.badChunks.sum(),
                metrics.checkedChunks.sum(),
                metrics.uncachedChunks.sum());
    }

    /**
     * Drops its prefetch, fails its waiting reads, and lets go of its blobs. Waits for running
     * fetches, at most ten seconds; files that a stuck fetch still uses stay open until it ends.
     */
    @Override
    public void close() {
        List<CachedBlob> closing;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            closing = List.copyOf(blobs);
        }
        workers.dropPrefetch(account);
        for (var blob : closing) {
            for (var read : workers.flights().close(blob)) {
                ChunkFetcher.fail(
                        read,
                        new NaiadException(
                                ErrorKind.CANCELLED, blob + ": the mount is being closed"));
            }
        }
        if (!awaitQuiet(closing)) {
            LOG.warn(
                    "{}: fetches still run after ten seconds; their files are closed when they end",
                    closing);
        }
        for (var blob : closing) {
            blob.shared.release();
        }
        onClosed.accept(this);
    }

    private boolean awaitQuiet(List<CachedBlob> closing) {
        long until = System.nanoTime() + CLOSE_NANOS;
        try {
            if (!account.awaitFinished(until) || !workers.flights().awaitIdle(closing, until)) {
                return false;
            }
            for (var blob : closing) {
                blob.shared.awaitSync(TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime()));
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
