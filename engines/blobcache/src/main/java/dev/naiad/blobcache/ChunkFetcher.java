package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.concurrent.ByteBudget;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.time.Ticker;
import dev.naiad.blobcache.decode.ChunkDecoder;
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
    private static final Logger LOG = LoggerFactory.getLogger(ChunkFetcher.class);

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
    boolean run(FetchJob job, ChunkDecoder decoder) {
        try {
            var refusal = job.refusal();
            if (refusal != null) {
                fail(job.flights(), refusal);
                return false;
            }
            if (job.lane() == Lane.PREFETCH) {
                try (var _ = prefetchBudget.acquire(job.bufferBytes(), deadline())) {
                    return runWithin(job, decoder);
                }
            }
            return runWithin(job, decoder);
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

    private boolean runWithin(FetchJob job, ChunkDecoder decoder) throws Exception {
        try (var _ = budget.acquire(job.bufferBytes(), deadline())) {
            if (job.isMeta()) {
                BlobMetaFile.load(job.owner(), job.range(), job.lane(), decoder);
                land(job.flights().getFirst());
            } else if (job.local()) {
                serveKept(job, decoder);
            } else {
                fetch(job, decoder);
            }
            return true;
        }
    }

    private Deadline deadline() {
        return Deadline.after(limits.readTimeout(), ticker);
    }

    private void fetch(FetchJob job, ChunkDecoder decoder) {
        CachedBlob blob = job.owner();
        MemorySegment stored = decoder.scratch().stored(job.range().length());
        var arrivals = new Arrivals(job, stored, decoder);
        blob.fetch(job.range(), stored, job.lane(), false, arrivals::upTo);
        arrivals.upTo(job.range().length());
        for (var flights : arrivals.bad) {
            again(flights, blob, job.lane(), decoder);
        }
    }

    /** What became of a job's chunks so far. */
    private final class Arrivals {
        private final FetchJob job;
        private final MemorySegment stored;
        private final ChunkDecoder decoder;

        /** By unit. */
        private final List<List<Flight>> bad = new ArrayList<>();

        private int next;

        Arrivals(FetchJob job, MemorySegment stored, ChunkDecoder decoder) {
            this.job = job;
            this.stored = stored;
            this.decoder = decoder;
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
                                decoder);
                if (!failed.isEmpty()) {
                    LOG.warn("{}, asking again past mirrors", failed.getFirst().cause().what());
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

    private void again(List<Flight> unitFlights, CachedBlob blob, Lane lane, ChunkDecoder decoder) {
        try {
            int chunk = unitFlights.getFirst().chunk;
            var unit = blob.knownListOf(chunk).unit(chunk);
            MemorySegment stored = decoder.scratch().stored(unit.size());
            blob.fetch(new ByteRange(unit.offset(), unit.size()), stored, lane, true, bytes -> {});
            for (var failed : arrived(blob, unit, unitFlights, stored, decoder)) {
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
            ChunkDecoder decoder) {
        var failed = new ArrayList<Failed>();
        MemorySegment plain;
        try {
            plain = decoder.decode(blob.info, unit, stored);
        } catch (RuntimeException e) {
            blob.account.metrics.badChunks.add(unitFlights.size());
            var cause = known(blob, unitFlights.getFirst().chunk, e);
            unitFlights.forEach(flight -> failed.add(new Failed(flight, cause)));
            return failed;
        }
        boolean storedKept = keepStored(blob, unit, stored);
        for (var flight : unitFlights) {
            var list = blob.knownListOf(flight.chunk);
            MemorySegment chunk;
            try {
                chunk = decoder.cut(blob.info, list, flight.chunk, plain);
            } catch (RuntimeException e) {
                blob.account.metrics.badChunks.increment();
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
                blob.account.metrics.uncachedChunks.increment();
                return false;
            }
            shared.chunks().setReady(chunk);
            shared.checked();
            blob.account.kept(plain.byteSize());
            return true;
        } catch (IOException | ErrnoException e) {
            blob.account.metrics.uncachedChunks.increment();
            shared.diskFailed(e);
            return false;
        }
    }

    /**
     * Serves chunks that are in the cache file already; fetches those that are not usable there.
     */
    private void serveKept(FetchJob job, ChunkDecoder decoder) {
        var bad = new ArrayList<Flight>();
        for (var flight : job.flights()) {
            if (!decodeKept(job.owner(), flight, decoder)) {
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
                        decoder);
            } catch (RuntimeException e) {
                fail(List.of(flight), FetchErrors.of(flight.toString(), e));
            }
        }
    }

    private boolean decodeKept(CachedBlob blob, Flight flight, ChunkDecoder decoder) {
        SharedBlob shared = flight.shared;
        if (!shared.key.keepsCompressed() && shared.chunks().isReady(flight.chunk)) {
            land(flight); // became ready since it was asked for
            return true;
        }
        try {
            var plain = readKept(blob, flight.chunk, decoder);
            if (!shared.chunks().isReady(flight.chunk)) {
                shared.chunks().setChecked(flight.chunk);
                blob.account.metrics.checkedChunks.increment();
                shared.checked();
            }
            land(flight, plain, true);
            return true;
        } catch (RuntimeException e) {
            blob.account.metrics.badChunks.increment();
            shared.notUsable(flight.chunk, e);
            shared.chunks().clear(flight.chunk);
            return false;
        }
    }

    /** The plain bytes of a chunk in the cache file, checked. */
    private static MemorySegment readKept(CachedBlob blob, int chunk, ChunkDecoder decoder) {
        var file = blob.shared.file();
        var list = blob.knownListOf(chunk);
        if (!blob.shared.key.keepsCompressed()) {
            MemorySegment plain = decoder.scratch().plain(list.uncompressedSize(chunk));
            file.read(list.uncompressedOffset(chunk), plain);
            decoder.check(blob.info, list, chunk, plain);
            return plain;
        }
        var unit = list.unit(chunk);
        MemorySegment stored = decoder.scratch().stored(unit.size());
        file.read(unit.offset(), stored);
        MemorySegment plain = decoder.decode(blob.info, unit, stored);
        return decoder.cut(blob.info, list, chunk, plain);
    }

    private void land(Flight flight, MemorySegment plain, boolean kept) {
        boolean inFile = kept && flight.shared.servesViews();
        for (var read : flights.land(flight)) {
            if (!inFile) {
                read.keep(flight.shared, flight.chunk, plain);
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
            LOG.error("a reader's callback failed", e);
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
            LOG.error("a reader's callback failed", e);
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
