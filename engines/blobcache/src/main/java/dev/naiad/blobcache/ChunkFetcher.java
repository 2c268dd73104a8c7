package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.ByteBudget;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.linux.ErrnoException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.StoredUnit;
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
            var refusal = job.refusal();
            if (refusal != null) {
                fail(job.flights(), refusal);
                return false;
            }
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

    /** Without the decoder's own exceptions a bug in it would fail the whole request. */
    private static NaiadException known(CachedBlob blob, int chunk, RuntimeException e) {
        return e instanceof NaiadException known
                ? known
                : FetchErrors.of(blob + " chunk " + chunk, e);
    }

    private boolean runWithin(FetchJob job, Scratch scratch) throws Exception {
        try (var _ = budget.acquire(job.bufferBytes(), deadline())) {
            if (job.isMeta()) {
                BlobMetaFile.load(job, scratch);
                land(job.flights().getFirst());
            } else if (job.local()) {
                serveKept(job, scratch);
            } else {
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
        for (var flights : arrivals.bad) {
            again(flights, blob, job.lane(), scratch);
        }
    }

    /** What became of a job's chunks so far. */
    private final class Arrivals {
        private final FetchJob job;
        private final MemorySegment stored;
        private final Scratch scratch;

        /** By unit. */
        private final List<List<Flight>> bad = new ArrayList<>();

        private int next;

        Arrivals(FetchJob job, MemorySegment stored, Scratch scratch) {
            this.job = job;
            this.stored = stored;
            this.scratch = scratch;
        }

        /** The first {@code bytes} of the range are there. */
        void upTo(long bytes) {
            while (next < job.flights().size()) {
                StoredUnit unit = unitOf(next);
                long at = unit.offset() - job.range().offset();
                if (at + unit.size() > bytes) {
                    return;
                }
                int first = next++;
                while (next < job.flights().size() && unitOf(next).equals(unit)) {
                    next++;
                }
                var failed =
                        arrived(
                                job.owner(),
                                unit,
                                job.flights().subList(first, next),
                                stored.asSlice(at, unit.size()),
                                scratch);
                if (!failed.isEmpty()) {
                    log.warn("{}, asking again past mirrors", failed.getFirst().cause().what());
                    bad.add(failed.stream().map(Failed::flight).toList());
                }
            }
        }

        private StoredUnit unitOf(int index) {
            int chunk = job.flights().get(index).chunk;
            return job.owner().knownListOf(chunk).unit(chunk);
        }
    }

    private record Failed(Flight flight, NaiadException cause) {}

    private void again(
            List<Flight> unitFlights, CachedBlob blob, FetchJob.Lane lane, Scratch scratch) {
        try {
            int chunk = unitFlights.getFirst().chunk;
            var unit = blob.knownListOf(chunk).unit(chunk);
            MemorySegment stored = scratch.stored(unit.size());
            blob.fetch(new ByteRange(unit.offset(), unit.size()), stored, lane, true, bytes -> {});
            for (var failed : arrived(blob, unit, unitFlights, stored, scratch)) {
                fail(List.of(failed.flight()), failed.cause());
            }
        } catch (NaiadException e) {
            fail(unitFlights, e);
        }
    }

    /** Decodes a unit and lands its chunks, one by one. Returns those that are not right. */
    private List<Failed> arrived(
            CachedBlob blob,
            StoredUnit unit,
            List<Flight> unitFlights,
            MemorySegment stored,
            Scratch scratch) {
        var failed = new ArrayList<Failed>();
        MemorySegment plain;
        try {
            plain = scratch.decoder().decode(blob, unit, stored, scratch);
        } catch (RuntimeException e) {
            blob.mount.metrics.badChunks.add(unitFlights.size());
            var cause = known(blob, unitFlights.getFirst().chunk, e);
            unitFlights.forEach(flight -> failed.add(new Failed(flight, cause)));
            return failed;
        }
        boolean storedKept = keepStored(blob, unit, stored);
        for (var flight : unitFlights) {
            var list = blob.knownListOf(flight.chunk);
            MemorySegment chunk;
            try {
                chunk = scratch.decoder().cut(blob, list, flight.chunk, plain);
            } catch (RuntimeException e) {
                blob.mount.metrics.badChunks.increment();
                failed.add(new Failed(flight, known(blob, flight.chunk, e)));
                continue;
            }
            land(flight, chunk, keep(blob, list, flight.chunk, storedKept, chunk));
        }
        return failed;
    }

    /** Keeps what was fetched, where the cache keeps that. */
    private static boolean keepStored(CachedBlob blob, StoredUnit unit, MemorySegment stored) {
        SharedBlob shared = blob.shared;
        if (!shared.hasFile() || !shared.key.keepsCompressed()) {
            return false;
        }
        try {
            shared.file().write(unit.offset(), stored);
            return true;
        } catch (IOException | ErrnoException e) {
            shared.diskFailed(e);
            return false;
        }
    }

    private static boolean keep(
            CachedBlob blob, BlobChunks list, int chunk, boolean storedKept, MemorySegment plain) {
        SharedBlob shared = blob.shared;
        if (!shared.hasFile()) {
            return false;
        }
        try {
            if (!shared.key.keepsCompressed()) {
                shared.file().write(list.uncompressedOffset(chunk), plain);
            } else if (!storedKept) {
                blob.mount.metrics.uncachedChunks.increment();
                return false;
            }
            shared.chunks().setReady(chunk);
            shared.checked();
            blob.mount.kept(plain.byteSize());
            return true;
        } catch (IOException | ErrnoException e) {
            blob.mount.metrics.uncachedChunks.increment();
            shared.diskFailed(e);
            return false;
        }
    }

    /**
     * Serves chunks that are in the cache file already; fetches those that are not usable there.
     */
    private void serveKept(FetchJob job, Scratch scratch) {
        var bad = new ArrayList<Flight>();
        for (var flight : job.flights()) {
            if (!decodeKept(job.owner(), flight, scratch)) {
                bad.add(flight);
            }
        }
        for (var flight : bad) {
            try {
                StoredUnit unit = job.owner().knownListOf(flight.chunk).unit(flight.chunk);
                var range = new ByteRange(unit.offset(), unit.size());
                var one = List.of(flight);
                fetch(
                        new FetchJob(job.lane(), job.owner(), one, range, unit.plainSize(), false),
                        scratch);
            } catch (RuntimeException e) {
                fail(List.of(flight), FetchErrors.of(flight.toString(), e));
            }
        }
    }

    private boolean decodeKept(CachedBlob blob, Flight flight, Scratch scratch) {
        SharedBlob shared = flight.shared;
        if (!shared.key.keepsCompressed() && shared.chunks().isReady(flight.chunk)) {
            land(flight); // became ready since it was asked for
            return true;
        }
        try {
            var plain = readKept(blob, flight.chunk, scratch);
            if (!shared.chunks().isReady(flight.chunk)) {
                shared.chunks().setChecked(flight.chunk);
                blob.mount.metrics.checkedChunks.increment();
                shared.checked();
            }
            land(flight, plain, true);
            return true;
        } catch (RuntimeException e) {
            blob.mount.metrics.badChunks.increment();
            shared.notUsable(flight.chunk, e);
            shared.chunks().clear(flight.chunk);
            return false;
        }
    }

    /** The plain bytes of a chunk in the cache file, checked. */
    private static MemorySegment readKept(CachedBlob blob, int chunk, Scratch scratch) {
        var file = blob.shared.file();
        var list = blob.knownListOf(chunk);
        if (!blob.shared.key.keepsCompressed()) {
            MemorySegment plain = scratch.plain(list.uncompressedSize(chunk));
            file.read(list.uncompressedOffset(chunk), plain);
            scratch.decoder().check(blob, list, chunk, plain);
            return plain;
        }
        var unit = list.unit(chunk);
        MemorySegment stored = scratch.stored(unit.size());
        file.read(unit.offset(), stored);
        MemorySegment plain = scratch.decoder().decode(blob, unit, stored, scratch);
        return scratch.decoder().cut(blob, list, chunk, plain);
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
        } catch (RuntimeException | Error e) {
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
        } catch (RuntimeException | Error e) {
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
