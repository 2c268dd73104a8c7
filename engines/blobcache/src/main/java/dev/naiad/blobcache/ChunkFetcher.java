package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.ByteBudget;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.linux.ErrnoException;
import dev.naiad.rafs.BlobChunks;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries out jobs: reads the range, and while it arrives decodes each chunk, checks it, keeps it,
 * and answers who waits for it. A chunk that fails its check is asked for once more past mirrors
 * and peers. Never throws: whatever goes wrong fails the flights.
 */
final class ChunkFetcher {
    private static final Logger log = LoggerFactory.getLogger(ChunkFetcher.class);

    private final Flights flights;
    private final ByteBudget budget;
    private final ByteBudget prefetchBudget;
    private final BlobCacheLimits limits;
    private final Ticker ticker;

    ChunkFetcher(Flights flights, BlobCacheLimits limits, Ticker ticker) {
        this.flights = flights;
        this.limits = limits;
        this.ticker = ticker;
        this.budget = new ByteBudget("fetches in flight", limits.inFlightBytes());
        this.prefetchBudget =
                new ByteBudget("prefetches in flight", Math.max(1, limits.inFlightBytes() / 2));
    }

    /** Runs the job to its end. Returns false if it failed as a whole. */
    boolean run(FetchJob job, Scratch scratch) {
        try {
            if (job.lane() == FetchJob.Lane.PREFETCH) {
                try (var _ = prefetchBudget.acquire(job.bufferBytes(), deadline())) {
                    return runWithin(job, scratch);
                }
            }
            return runWithin(job, scratch);
        } catch (Throwable e) { // top of a worker: a flight that nobody ends would hang its readers
            fail(job.flights(), FetchErrors.of(JobPlanner.describe(job.flights()), e));
            return false;
        } finally {
            flights.end(job);
        }
    }

    private boolean runWithin(FetchJob job, Scratch scratch) throws Exception {
        try (var _ = budget.acquire(job.bufferBytes(), deadline())) {
            if (job.isMeta()) {
                BlobMetaFile.load(job, scratch);
                land(job.flights().getFirst());
            } else if (!job.local() || !decodeKept(job, scratch)) {
                fetch(job, scratch);
            }
            return true;
        }
    }

    private Deadline deadline() {
        return Deadline.after(limits.readTimeout(), ticker);
    }

    private void fetch(FetchJob job, Scratch scratch) {
        CachedBlob blob = job.owner();
        MemorySegment stored = scratch.stored(job.range().length());
        var arrivals = new Arrivals(job, stored, scratch);
        blob.fetch(job.range(), stored, job.lane(), false, arrivals::upTo);
        arrivals.upTo(job.range().length());
        for (var flight : arrivals.bad) {
            again(flight, blob, job.lane(), scratch);
        }
    }

    /** What became of a job's chunks so far. */
    private final class Arrivals {
        private final FetchJob job;
        private final MemorySegment stored;
        private final Scratch scratch;
        private final List<Flight> bad = new ArrayList<>();
        private int next;

        Arrivals(FetchJob job, MemorySegment stored, Scratch scratch) {
            this.job = job;
            this.stored = stored;
            this.scratch = scratch;
        }

        /** The first {@code bytes} of the range are there. */
        void upTo(long bytes) {
            while (next < job.flights().size()) {
                Flight flight = job.flights().get(next);
                var list = job.owner().knownListOf(flight.chunk);
                long at = list.compressedOffset(flight.chunk) - job.range().offset();
                int length = list.compressedSize(flight.chunk);
                if (at + length > bytes) {
                    return;
                }
                next++;
                try {
                    arrived(job.owner(), list, flight, stored.asSlice(at, length), scratch);
                } catch (NaiadException e) {
                    log.warn("{}, asking again past mirrors", e.what());
                    bad.add(flight);
                }
            }
        }
    }

    private void again(Flight flight, CachedBlob blob, FetchJob.Lane lane, Scratch scratch) {
        try {
            var list = blob.knownListOf(flight.chunk);
            var range =
                    new ByteRange(
                            list.compressedOffset(flight.chunk), list.compressedSize(flight.chunk));
            MemorySegment stored = scratch.stored(range.length());
            blob.fetch(range, stored, lane, true, bytes -> {});
            arrived(blob, list, flight, stored, scratch);
        } catch (NaiadException e) {
            fail(List.of(flight), e);
        }
    }

    private void arrived(
            CachedBlob blob,
            BlobChunks list,
            Flight flight,
            MemorySegment stored,
            Scratch scratch) {
        int chunk = flight.chunk;
        MemorySegment plain;
        try {
            plain = scratch.decoder().decode(blob, list, chunk, stored, scratch);
        } catch (NaiadException e) {
            blob.mount.metrics.badChunks.increment();
            throw e;
        }
        boolean kept = keep(blob, list, chunk, stored, plain);
        land(flight, plain, kept);
    }

    private static boolean keep(
            CachedBlob blob,
            BlobChunks list,
            int chunk,
            MemorySegment stored,
            MemorySegment plain) {
        SharedBlob shared = blob.shared;
        if (!shared.hasFile()) {
            return false;
        }
        try {
            if (shared.key.keepsCompressed()) {
                shared.file().write(list.compressedOffset(chunk), stored);
            } else {
                shared.file().write(list.uncompressedOffset(chunk), plain);
            }
            shared.chunks().setReady(chunk);
            blob.mount.kept(plain.byteSize());
            return true;
        } catch (IOException | ErrnoException e) {
            blob.mount.metrics.uncachedChunks.increment();
            shared.diskFailed(e);
            return false;
        }
    }

    /**
     * Serves a chunk that is in the cache file already. Returns false if it is not usable there.
     */
    private boolean decodeKept(FetchJob job, Scratch scratch) {
        Flight flight = job.flights().getFirst();
        SharedBlob shared = flight.shared;
        if (!shared.key.keepsCompressed()) {
            land(flight); // became ready since it was asked for
            return true;
        }
        CachedBlob blob = job.owner();
        var list = blob.knownListOf(flight.chunk);
        MemorySegment stored = scratch.stored(list.compressedSize(flight.chunk));
        try {
            shared.file().read(list.compressedOffset(flight.chunk), stored);
            MemorySegment plain =
                    scratch.decoder().decode(blob, list, flight.chunk, stored, scratch);
            land(flight, plain, true);
            return true;
        } catch (NaiadException e) {
            log.warn(
                    "{}: not usable in {}, fetching it again: {}",
                    flight,
                    shared.file(),
                    e.getMessage());
            return false;
        }
    }

    private void land(Flight flight, MemorySegment plain, boolean kept) {
        boolean inFile = kept && flight.shared.servesViews();
        for (var read : flights.land(flight)) {
            if (!inFile) {
                read.keep(flight, plain);
            }
            arrived(read);
        }
    }

    private void land(Flight flight) {
        for (var read : flights.land(flight)) {
            arrived(read);
        }
    }

    private void arrived(PendingRead read) {
        try {
            if (flights.arrived(read)) {
                read.succeed();
            }
        } catch (NaiadException e) {
            if (flights.settle(read)) {
                fail(read, e);
            }
        } catch (RuntimeException e) {
            log.error("a reader's callback failed", e);
        }
    }

    /** Fails the flights that have not landed, and who waits for them. */
    void fail(List<Flight> failed, NaiadException cause) {
        for (var read : flights.fail(failed)) {
            fail(read, cause);
        }
    }

    static void fail(PendingRead read, NaiadException cause) {
        try {
            read.fail(cause);
        } catch (RuntimeException e) {
            log.error("a reader's callback failed", e);
        }
    }

    static NaiadException timedOut(PendingRead read) {
        return new NaiadException(
                ErrorKind.DEADLINE_EXCEEDED,
                read.slices.getFirst().blob()
                        + " chunk "
                        + read.slices.getFirst().chunk()
                        + ": no data before the read timeout");
    }
}
