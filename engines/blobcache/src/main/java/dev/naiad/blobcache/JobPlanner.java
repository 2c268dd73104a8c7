package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.StoredUnit;
import dev.naiad.rafs.blob.BlobMetaHeader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which neighbours ride along in one request: the other chunks of the same unit, and missing chunks
 * that follow, as long as the range stays within the batch size and the gaps between them are
 * small. Not safe by itself: {@link Flights} uses it under its lock.
 */
final class JobPlanner {
    /** A gap of up to batch / this is cheaper to read than another request (as the original). */
    private static final int GAP_DIVISOR = 128;

    /** Chunks that one request may bring: an image must not make us hold millions of flights. */
    private static final int MAX_FLIGHTS = 1 << 16;

    /** Unused chunks in a row that are looked past; the lock is held meanwhile. */
    private static final int MAX_GAP = 4096;

    private final FlightTable flights;

    /**
     * @param flights what is on its way; the planner adds what rides along
     */
    JobPlanner(FlightTable flights) {
        this.flights = flights;
    }

    /**
     * The job that begins with {@code head}, which is marked as running already. Never throws: a
     * head whose chunk list cannot be used makes a refused job, a bad neighbour stays behind.
     */
    FetchJob extend(Lane lane, Flight head) {
        CachedBlob blob = head.owner;
        var riders = new ArrayList<Flight>();
        riders.add(head);
        try {
            return head.isMeta() ? tableJob(lane, blob, riders) : chunkJob(lane, blob, riders);
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            return FetchJob.refused(lane, blob, riders, FetchErrors.of(describe(riders), e));
        }
    }

    private static FetchJob tableJob(Lane lane, CachedBlob blob, List<Flight> riders) {
        var meta = blob.info.meta();
        RecordCheck.table(blob.info);
        // The header stands right behind the records.
        var range = new ByteRange(meta.offset(), meta.compressedSize() + BlobMetaHeader.SIZE);
        return new FetchJob(lane, blob, riders, range, meta.uncompressedSize(), false);
    }

    private FetchJob chunkJob(Lane lane, CachedBlob blob, List<Flight> riders) {
        int head = riders.getFirst().chunk;
        BlobChunks first = blob.knownListOf(head);
        blob.check(first, head);
        StoredUnit unit = first.unit(head);
        if (blob.isHeld(head)) {
            var range = new ByteRange(unit.offset(), unit.size());
            return new FetchJob(
                    lane,
                    blob,
                    riders,
                    range,
                    Math.max(unit.plainSize(), uncheckedNeighbours(blob, head, riders)),
                    true);
        }
        var reach = new Reach(unit.offset(), unit.offset() + unit.size(), unit.plainSize());
        reach = widen(lane, blob, reach, companions(lane, blob, unit, head, riders), riders);
        return new FetchJob(lane, blob, riders, reach.range(), reach.largest, false);
    }

    /**
     * What a job covers.
     *
     * @param start first stored byte
     * @param end first stored byte behind it
     * @param largest plain bytes of the largest unit
     */
    private record Reach(long start, long end, long largest) {
        Reach with(StoredUnit unit) {
            return new Reach(
                    start,
                    Math.max(end, unit.offset() + unit.size()),
                    Math.max(largest, unit.plainSize()));
        }

        ByteRange range() {
            return new ByteRange(start, end - start);
        }
    }

    /** Takes missing chunks behind {@code end} along. */
    private Reach widen(Lane lane, CachedBlob blob, Reach head, int end, List<Flight> riders) {
        var reach = head;
        long batch = batchBytes(lane, blob);
        int last = end;
        for (int chunk = end + 1;
                chunk < blob.info.chunkCount() && riders.size() < MAX_FLIGHTS;
                chunk++) {
            if (!blob.isWanted(chunk)) {
                if (chunk - last > MAX_GAP) {
                    break;
                }
                continue;
            }
            StoredUnit next = unitOf(blob, chunk);
            if (next == null
                    || next.offset() < reach.end
                    || next.offset() - reach.end > batch / GAP_DIVISOR
                    || next.offset() + next.size() > reach.start + batch
                    || !isPlausible(blob, blob.knownListOf(chunk), chunk)) {
                break;
            }
            Flight flight = claim(lane, blob, chunk);
            last = chunk;
            if (flight != null) {
                riders.add(flight);
                reach = reach.with(next);
                last = companions(lane, blob, next, chunk, riders);
                chunk = last;
            }
        }
        return reach;
    }

    /**
     * Adds what lies behind {@code head} in the cache file and must be checked as well, because a
     * job for each small chunk costs more than its digest.
     *
     * @return the most bytes that one of them needs, should it have to be fetched after all
     */
    private long uncheckedNeighbours(CachedBlob blob, int head, List<Flight> riders) {
        if (!blob.shared.servesViews() || !blob.shared.chunks().isUnchecked(head)) {
            return 0;
        }
        long largest = 0;
        long left = blob.account.config.batchBytes();
        for (int chunk = head + 1;
                chunk < blob.info.chunkCount() && riders.size() < MAX_FLIGHTS;
                chunk++) {
            StoredUnit unit = blob.isWanted(chunk) ? unitOf(blob, chunk) : null;
            if (unit == null
                    || !blob.shared.chunks().isUnchecked(chunk)
                    || flights.has(blob.shared, chunk)
                    || !blob.isHeld(chunk)
                    || !isPlausible(blob, blob.knownListOf(chunk), chunk)) {
                break;
            }
            left -= blob.knownListOf(chunk).uncompressedSize(chunk);
            if (left < 0) {
                break;
            }
            var flight = flights.add(blob, chunk);
            flight.running = true;
            riders.add(flight);
            largest = Math.max(largest, unit.size() + unit.plainSize());
        }
        return largest;
    }

    private static long batchBytes(Lane lane, CachedBlob blob) {
        var config = blob.account.config;
        return lane == Lane.READ ? config.batchBytes() : config.prefetch().mergingBytes();
    }

    /**
     * Adds the other chunks that come with the unit of {@code chunk}: they lie beside it.
     *
     * @return the last chunk of the unit
     */
    private int companions(
            Lane lane, CachedBlob blob, StoredUnit unit, int chunk, List<Flight> riders) {
        if (unit instanceof StoredUnit.Single) {
            return chunk;
        }
        for (int other = chunk - 1;
                other >= 0 && riders.size() < MAX_FLIGHTS && isOf(unit, blob, other);
                other--) {
            join(lane, blob, other, riders);
        }
        int last = chunk;
        while (last + 1 < blob.info.chunkCount()
                && riders.size() < MAX_FLIGHTS
                && isOf(unit, blob, last + 1)) {
            last++;
            join(lane, blob, last, riders);
        }
        return last;
    }

    private static boolean isOf(StoredUnit unit, CachedBlob blob, int chunk) {
        return unit.equals(unitOf(blob, chunk));
    }

    /** Null where the chunk list does not say, or leads nowhere. */
    private static @Nullable StoredUnit unitOf(CachedBlob blob, int chunk) {
        try {
            BlobChunks list = blob.listOf(chunk);
            return list != null ? list.unit(chunk) : null;
        } catch (RuntimeException e) {
            return null; // its own reader is told
        }
    }

    private void join(Lane lane, CachedBlob blob, int chunk, List<Flight> riders) {
        if (blob.isWanted(chunk) && isPlausible(blob, blob.knownListOf(chunk), chunk)) {
            Flight flight = claim(lane, blob, chunk);
            if (flight != null) {
                riders.add(flight);
            }
        }
    }

    /** Whether a prefetch of the chunk makes sense and its record can be used. */
    boolean isFetchable(CachedBlob blob, int chunk) {
        try {
            var list = isMissing(blob, chunk) ? blob.listOf(chunk) : null;
            return list != null && isPlausible(blob, list, chunk);
        } catch (RuntimeException e) {
            return false; // a table that does not have it; its reader is told
        }
    }

    /** Whether the chunk's record can be used. */
    static boolean isPlausible(CachedBlob blob, BlobChunks list, int chunk) {
        try {
            blob.check(list, chunk);
            list.unit(chunk);
            return true;
        } catch (RuntimeException e) {
            return false; // its own reader gets the error; a neighbour does not
        }
    }

    /**
     * The flight of a missing neighbour: a new one, or one that still waits in the readers' queue;
     * null if it needs none.
     */
    private @Nullable Flight claim(Lane lane, CachedBlob blob, int chunk) {
        Flight queued = flights.find(blob.shared, chunk);
        if (queued != null) {
            // A reader's flight does not ride in a prefetch: it would come later than by itself.
            if (queued.running || lane == Lane.PREFETCH) {
                return null;
            }
            queued.running = true;
            queued.owner = blob;
            return queued;
        }
        if (!isMissing(blob, chunk)) {
            return null;
        }
        var flight = flights.add(blob, chunk);
        flight.running = true;
        flight.prefetch = lane == Lane.PREFETCH;
        return flight;
    }

    /**
     * Whether fetching the chunk ahead of readers makes sense: it can be kept, is not there and not
     * on its way.
     */
    boolean isMissing(CachedBlob blob, int chunk) {
        return blob.shared.hasFile()
                && blob.isWanted(chunk)
                && !blob.isHeld(chunk)
                && !flights.has(blob.shared, chunk);
    }

    /** The chunks of a job, for messages. */
    static String describe(List<Flight> riders) {
        Flight first = riders.getFirst();
        return riders.size() == 1 ? first.toString() : first + " to " + riders.getLast().chunk;
    }
}
