package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Who waits for what: all flights and pending reads of a daemon under one lock, held for short
 * steps without I/O. A chunk has at most one flight; a failure ends a flight and is remembered
 * nowhere.
 *
 * <p>Callbacks are never called here: methods return the reads whose turn has come.
 */
final class Flights {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition jobEnded = lock.newCondition();

    @GuardedBy("lock") private final FlightTable table = new FlightTable();

    @GuardedBy("lock") private final JobPlanner planner = new JobPlanner(table);

    @GuardedBy("lock") private final ArrayDeque<Flight> queue = new ArrayDeque<>();

    @GuardedBy("lock") private final Set<PendingRead> outstanding = new LinkedHashSet<>();

    private final Runnable onQueued;
    private final Runnable onWaiting;

    /**
     * @param onQueued called under the lock when a reader's flight is queued: somebody must come
     *     for {@link #nextJob}
     * @param onWaiting called under the lock when a read begins to wait: somebody must come for
     *     {@link #expire}
     */
    Flights(Runnable onQueued, Runnable onWaiting) {
        this.onQueued = onQueued;
        this.onWaiting = onWaiting;
    }

    /** The lock, for the workers' conditions. */
    ReentrantLock lock() {
        return lock;
    }

    /**
     * Joins or starts the flights that the read needs.
     *
     * @return true if it needs none: the caller must answer it
     */
    boolean submit(PendingRead read) {
        lock.lock();
        try {
            return join(read);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private boolean join(PendingRead read) {
        read.looksAgain = false;
        for (var slice : read.slices) {
            if (slice.blob().closed) {
                throw new NaiadException(
                        ErrorKind.CANCELLED, slice.blob() + ": the mount is being closed");
            }
            if (slice.blob().listOf(slice.chunk()) == null) {
                read.looksAgain = true;
            }
        }
        for (int i = 0; i < read.slices.size(); i++) {
            var slice = read.slices.get(i);
            CachedBlob blob = slice.blob();
            var list = blob.listOf(slice.chunk());
            if (list == null) {
                wait(read, blob, Flight.META);
            } else if (!read.looksAgain && !read.has(i) && !slice.isReady()) {
                blob.check(list, slice.chunk(), slice.offset(), slice.length());
                wait(read, blob, slice.chunk());
            }
        }
        if (read.missing > 0) {
            outstanding.add(read);
            onWaiting.run();
            return false;
        }
        read.settled = true;
        outstanding.remove(read);
        return true;
    }

    @GuardedBy("lock") private void wait(PendingRead read, CachedBlob blob, int chunk) {
        Flight flight = table.find(blob.shared, chunk);
        if (flight == null) {
            flight = table.add(blob, chunk);
            queue.add(flight);
            onQueued.run();
        }
        // Whatever this read waits for from an earlier look has landed: if it is there, it is last.
        if (flight.waiters.isEmpty() || flight.waiters.getLast() != read) {
            flight.waiters.add(read);
            read.missing++;
        }
    }

    /** The next fetch for readers, or null. */
    @Nullable FetchJob nextJob() {
        lock.lock();
        try {
            for (Flight head = queue.poll(); head != null; head = queue.poll()) {
                if (head.running || head.landed) {
                    continue; // merged into another job, or dropped
                }
                head.running = true;
                return start(planner.extend(Lane.READ, head));
            }
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** Whether readers' flights are waiting for a worker. */
    boolean hasQueued() {
        lock.lock();
        try {
            for (Flight flight = queue.peek(); flight != null; flight = queue.peek()) {
                if (!flight.running && !flight.landed) {
                    return true;
                }
                queue.remove();
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Starts the next fetch of a prefetch; null if nothing of it is missing any more. */
    @Nullable FetchJob nextJob(PrefetchTask task) {
        lock.lock();
        try {
            return nextPrefetch(task);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private @Nullable FetchJob nextPrefetch(PrefetchTask task) {
        CachedBlob blob = task.blob();
        if (blob.closed) {
            task.drop();
            return null;
        }
        if (!blob.isListed()) {
            if (table.has(blob.shared, Flight.META)) {
                return null; // a reader is fetching it
            }
            return start(planner.extend(Lane.PREFETCH, fly(blob, Flight.META)));
        }
        for (int chunk = task.next(); chunk >= 0; chunk = task.next()) {
            if (planner.isFetchable(blob, chunk)) {
                return start(planner.extend(Lane.PREFETCH, fly(blob, chunk)));
            }
        }
        return null;
    }

    @GuardedBy("lock") private Flight fly(CachedBlob blob, int chunk) {
        var flight = table.add(blob, chunk);
        flight.running = true;
        flight.prefetch = true;
        return flight;
    }

    private static FetchJob start(FetchJob job) {
        job.owner().running.incrementAndGet();
        job.owner().shared.retain();
        return job;
    }

    /** The job's last step, however it went; its flights have landed or failed. */
    void end(FetchJob job) {
        lock.lock();
        try {
            job.owner().running.decrementAndGet();
            jobEnded.signalAll();
        } finally {
            lock.unlock();
        }
        job.owner().shared.release();
    }

    /**
     * Ends a flight; from now on a reader of the chunk finds it ready or starts another flight.
     * Returns who waited for it.
     */
    List<PendingRead> land(Flight flight) {
        lock.lock();
        try {
            return remove(flight);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock") private List<PendingRead> remove(Flight flight) {
        flight.landed = true;
        table.remove(flight);
        var waiters = List.copyOf(flight.waiters);
        flight.waiters.clear();
        return waiters;
    }

    /**
     * Counts one flight of the read as landed. Returns true if it was the last: the caller must
     * answer it.
     */
    boolean arrived(PendingRead read) {
        lock.lock();
        try {
            if (read.settled || --read.missing > 0) {
                return false;
            }
            return !read.looksAgain ? settle(read) : join(read);
        } finally {
            lock.unlock();
        }
    }

    /** Decides the read's end. Returns false if it was decided before. */
    boolean settle(PendingRead read) {
        lock.lock();
        try {
            if (read.settled) {
                return false;
            }
            read.settled = true;
            outstanding.remove(read);
            return true;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Ends flights in failure. Returns the reads that fail with them. Where only the owner's mount
     * went away, readers of other mounts stay: their own backend takes the flight over.
     */
    List<PendingRead> fail(List<Flight> flights) {
        var failed = new ArrayList<PendingRead>();
        lock.lock();
        try {
            for (var flight : flights) {
                if (flight.landed || (mayBeTriedAgain(flight) && handOver(flight))) {
                    continue;
                }
                for (var read : remove(flight)) {
                    if (settle(read)) {
                        failed.add(read);
                    }
                }
            }
        } finally {
            lock.unlock();
        }
        return failed;
    }

    /** The failure is one of the request, not of the reader's own. */
    private static boolean mayBeTriedAgain(Flight flight) {
        return flight.prefetch || flight.owner.closed;
    }

    /** Queues the flight for a reader that waits for it, if there is one with an open handle. */
    @GuardedBy("lock") private boolean handOver(Flight flight) {
        for (var read : flight.waiters) {
            for (var slice : read.slices) {
                if (!read.settled && slice.blob().shared == flight.shared && !slice.blob().closed) {
                    flight.owner = slice.blob();
                    flight.running = false;
                    flight.prefetch = false;
                    queue.addFirst(flight);
                    onQueued.run();
                    return true;
                }
            }
        }
        return false;
    }

    /** Takes the reads whose time is over. The caller must fail them. */
    List<PendingRead> expire(long nowNanos) {
        return take(read -> read.deadlineNanos - nowNanos <= 0);
    }

    /**
     * Closes a handle to new reads and flights. Returns its unfinished reads: the caller must fail
     * them.
     */
    List<PendingRead> close(CachedBlob blob) {
        lock.lock();
        try {
            blob.closed = true;
            var reads = take(read -> read.slices.stream().anyMatch(slice -> slice.blob() == blob));
            for (var flight : table.ownedBy(blob)) {
                if (!flight.running && !handOver(flight)) {
                    remove(flight);
                }
            }
            return reads;
        } finally {
            lock.unlock();
        }
    }

    private List<PendingRead> take(java.util.function.Predicate<PendingRead> wanted) {
        lock.lock();
        try {
            var taken = new ArrayList<PendingRead>();
            for (Iterator<PendingRead> all = outstanding.iterator(); all.hasNext(); ) {
                var read = all.next();
                if (wanted.test(read)) {
                    read.settled = true;
                    all.remove();
                    leave(read);
                    taken.add(read);
                }
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    /** A flight that never lands must not gather the reads that gave up on it. */
    @GuardedBy("lock") private void leave(PendingRead read) {
        for (var slice : read.slices) {
            for (int chunk : new int[] {slice.chunk(), Flight.META}) {
                var flight = table.find(slice.blob().shared, chunk);
                if (flight != null) {
                    flight.waiters.remove(read);
                }
            }
        }
    }

    boolean hasOutstanding() {
        lock.lock();
        try {
            return !outstanding.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until no job uses one of the handles. Returns false if that takes longer than until
     * {@code untilNanos}.
     */
    boolean awaitIdle(List<CachedBlob> blobs, long untilNanos) throws InterruptedException {
        lock.lock();
        try {
            while (blobs.stream().anyMatch(blob -> blob.running.get() > 0)) {
                if (jobEnded.awaitNanos(untilNanos - System.nanoTime()) <= 0) {
                    return false;
                }
            }
            return true;
        } finally {
            lock.unlock();
        }
    }
}
