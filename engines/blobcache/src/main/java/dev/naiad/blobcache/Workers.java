package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.decode.ChunkDecoder;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's threads. Platform threads, because they decode and write; started when there is
 * work, gone after two idle seconds, so that a quiet daemon has none. Readers' fetches and prefetch
 * have threads of their own; while readers wait, prefetch keeps to one request at a time.
 */
final class Workers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Workers.class);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RECHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);
    // As the original: a blob's prefetch is put back after a second, 32 times in all.
    private static final int MAX_FAILURES = 32;
    private static final int MAX_TASKS = 100_000;

    private final BlobCacheLimits limits;
    private final Ticker ticker;
    private final Flights flights;
    private final ChunkFetcher fetcher;
    private final ReentrantLock lock;
    private final Condition readWork;
    private final Condition prefetchWork;
    private final Condition watchWork;

    @GuardedBy("lock") private final ArrayDeque<PrefetchTask> tasks = new ArrayDeque<>();

    @GuardedBy("lock") private int readThreads;

    @GuardedBy("lock") private int idleReadThreads;

    @GuardedBy("lock") private int runningReads;

    @GuardedBy("lock") private int prefetchThreads;

    @GuardedBy("lock") private int runningPrefetches;

    @GuardedBy("lock") private boolean watching;

    @GuardedBy("lock") private boolean stopping;

    @GuardedBy("lock") private int threadNumber;

    Workers(BlobCacheLimits limits, Ticker ticker) {
        this.limits = limits;
        this.ticker = ticker;
        this.flights = new Flights(this::readQueued, this::readWaits);
        this.fetcher = new ChunkFetcher(flights, limits, ticker);
        this.lock = flights.lock();
        this.readWork = lock.newCondition();
        this.prefetchWork = lock.newCondition();
        this.watchWork = lock.newCondition();
    }

    Flights flights() {
        return flights;
    }

    private void readQueued() {
        lock.lock();
        try {
            if (idleReadThreads > 0) {
                readWork.signal();
            } else if (readThreads < limits.readThreads()
                    && start("cache-read", this::readLoop, readThreads == 0)) {
                readThreads++;
            }
        } finally {
            lock.unlock();
        }
    }

    private void readWaits() {
        lock.lock();
        try {
            if (!watching) {
                watching = start("cache-timeout", this::watchLoop, true);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Starts a thread. If the system has none left, the caller that needs it is told; one more
     * beside others is done without.
     */
    @GuardedBy("lock") private boolean start(String name, Runnable loop, boolean needed) {
        try {
            Thread.ofPlatform().daemon().name(name + "-" + threadNumber++).start(loop);
            return true;
        } catch (OutOfMemoryError e) {
            if (needed) {
                throw new NaiadException(
                        ErrorKind.RESOURCE_EXHAUSTED, "no thread for " + name + ": " + e, e);
            }
            LOG.warn("no further thread for {}: {}", name, e.toString());
            return false;
        }
    }

    private void readLoop() {
        try (var decoder = new ChunkDecoder()) {
            for (var job = awaitRead(); job != null; job = awaitRead()) {
                try {
                    fetcher.run(job, decoder);
                    decoder.scratch().shrink();
                } finally {
                    ended(job);
                }
            }
        } catch (Throwable e) { // top of a thread: another one takes its place
            LOG.error("a reader thread of the cache ended", e);
            lock.lock();
            try {
                readThreads--;
                if (flights.hasQueued()) {
                    readQueued();
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private @Nullable FetchJob awaitRead() {
        lock.lock();
        try {
            while (true) {
                var job = flights.nextJob();
                if (job != null) {
                    runningReads++;
                    return job;
                }
                boolean woken;
                idleReadThreads++;
                try {
                    woken = awaitNanos(readWork, IDLE_NANOS) > 0;
                } finally {
                    idleReadThreads--;
                }
                if (!flights.hasQueued() && (stopping || !woken)) {
                    readThreads--;
                    return null;
                }
            }
        } finally {
            lock.unlock();
        }
    }

    private void ended(FetchJob job) {
        lock.lock();
        try {
            if (job.lane() == Lane.READ) {
                runningReads--;
            } else {
                runningPrefetches--;
            }
            prefetchWork.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Queues chunks to be loaded ahead. */
    void prefetch(CachedBlob blob, int first, int end) {
        lock.lock();
        try {
            if (stopping || blob.closed) {
                return;
            }
            var last = tasks.peekLast();
            if (last == null || !last.append(blob, first, end)) {
                if (tasks.size() >= MAX_TASKS) {
                    return; // a hint list without end; what is dropped comes with the first read
                }
                tasks.add(new PrefetchTask(blob, first, end));
            }
            int wanted =
                    Math.min(blob.account.config.prefetch().threads(), limits.prefetchThreads());
            while (prefetchThreads < Math.min(wanted, queuedChunks(wanted) + runningPrefetches)) {
                if (!start("cache-prefetch", this::prefetchLoop, false)) {
                    break;
                }
                prefetchThreads++;
            }
            prefetchWork.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private int queuedChunks(int enough) {
        int chunks = 0;
        for (var task : tasks) {
            chunks += task.size();
            if (chunks >= enough) {
                return enough;
            }
        }
        return chunks;
    }

    private void prefetchLoop() {
        try (var decoder = new ChunkDecoder()) {
            for (var next = awaitPrefetch(); next != null; next = awaitPrefetch()) {
                try {
                    long began = ticker.nanos();
                    boolean succeeded = fetcher.run(next.job(), decoder);
                    decoder.scratch().shrink();
                    afterPrefetch(next, succeeded, ticker.nanos() - began);
                } finally {
                    ended(next.job());
                }
            }
        } catch (Throwable e) { // top of a thread: the next prefetch starts another
            LOG.error("a prefetch thread of the cache ended", e);
            lock.lock();
            try {
                prefetchThreads--;
            } finally {
                lock.unlock();
            }
        }
    }

    private record Prefetch(PrefetchTask task, FetchJob job) {}

    private @Nullable Prefetch awaitPrefetch() {
        lock.lock();
        try {
            long idleSince = System.nanoTime();
            while (!stopping) {
                long wait = RECHECK_NANOS;
                var task = dueTask();
                if (task != null) {
                    idleSince = System.nanoTime();
                    boolean readersWait = runningReads > 0 || flights.hasQueued();
                    if (!readersWait || runningPrefetches == 0) {
                        wait = Math.min(wait, task.blob().account.limiter.waitNanos());
                        if (wait == 0) {
                            var job = flights.nextJob(task);
                            if (job != null) {
                                task.blob().account.limiter.take(job.range().length());
                                runningPrefetches++;
                                return new Prefetch(task, job);
                            }
                            if (task.isDone()) {
                                tasks.remove(task);
                                continue;
                            }
                            wait = RECHECK_NANOS; // its chunk table is on the way to a reader
                        }
                    }
                } else if (tasks.isEmpty() && System.nanoTime() - idleSince > IDLE_NANOS) {
                    break;
                }
                awaitNanos(prefetchWork, wait);
            }
            prefetchThreads--;
            return null;
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private @Nullable PrefetchTask dueTask() {
        long now = ticker.nanos();
        for (var task : tasks) {
            if (task.notBeforeNanos == 0 || task.notBeforeNanos - now <= 0) {
                return task;
            }
        }
        return null;
    }

    private void afterPrefetch(Prefetch prefetch, boolean succeeded, long nanos) {
        var job = prefetch.job();
        var account = job.owner().account;
        if (succeeded) {
            if (!job.isMeta()) {
                account.metrics.prefetchRequest(
                        job.range().length(),
                        job.flights().size(),
                        TimeUnit.NANOSECONDS.toMillis(nanos));
            }
            return;
        }
        lock.lock();
        try {
            var task = prefetch.task();
            if (job.refusal() != null) {
                if (job.isMeta()) {
                    task.drop();
                    tasks.remove(task);
                }
                return; // the image's fault: it would be no better in a second
            }
            if (account.prefetchFailures.incrementAndGet() > MAX_FAILURES || stopping) {
                tasks.removeIf(t -> t.blob().account == account);
                LOG.warn(
                        "{}: prefetch given up after {} failures",
                        job.owner(),
                        account.prefetchFailures);
                return;
            }
            if (!job.isMeta()) {
                task.rewindTo(job.flights().getFirst().chunk);
            }
            task.notBeforeNanos = ticker.nanos() + RETRY_NANOS;
            if (!tasks.contains(task)) {
                tasks.add(task);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Forgets what is queued to be loaded ahead for a mount. */
    void dropPrefetch(MountAccount account) {
        lock.lock();
        try {
            tasks.removeIf(task -> task.blob().account == account);
        } finally {
            lock.unlock();
        }
    }

    /** Prefetch threads alive now. */
    int prefetchThreads() {
        lock.lock();
        try {
            return prefetchThreads;
        } finally {
            lock.unlock();
        }
    }

    private void watchLoop() {
        while (true) {
            try {
                for (var read : flights.expire(ticker.nanos())) {
                    ChunkFetcher.fail(read, ChunkFetcher.timedOut(read));
                }
            } catch (RuntimeException | Error e) { // who waits must not wait for ever
                LOG.error("the cache's watch over deadlines failed, and goes on", e);
            }
            lock.lock();
            try {
                if (!flights.hasOutstanding()) {
                    watching = false;
                    return;
                }
                awaitNanos(watchWork, RECHECK_NANOS);
            } finally {
                lock.unlock();
            }
        }
    }

    @SuppressWarnings("WaitNotInLoop") // callers loop
    private static long awaitNanos(Condition condition, long nanos) {
        try {
            return condition.awaitNanos(nanos);
        } catch (InterruptedException e) {
            // Nothing of ours interrupts these threads (it would close shared file channels); who
            // does must not end them.
            return 0;
        }
    }

    /**
     * Ends the threads as soon as their jobs end; bounded by the backend's timeouts, not waited
     * for.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            stopping = true;
            tasks.clear();
            readWork.signalAll();
            prefetchWork.signalAll();
            watchWork.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
