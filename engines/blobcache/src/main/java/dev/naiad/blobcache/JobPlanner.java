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
 * small. Called under the lock of {@link Flights}.
 */
final class JobPlanner {
    /** A gap of up to batch / this is cheaper to read than another request (as the original). */
    private static final int GAP_DIVISOR = 128;

    private JobPlanner() {}

    /** The job that begins with {@code head}, which is marked as running already. */
    static FetchJob extend(FetchJob.Lane lane, Flight head) {
        CachedBlob blob = head.owner;
        var flights = new ArrayList<Flight>();
        flights.add(head);
        if (head.isMeta()) {
            var meta = blob.info.meta();
            BlobMetaFile.checkSize(blob.info);
            // The header stands right behind the records.
            var range = new ByteRange(meta.offset(), meta.compressedSize() + BlobMetaHeader.SIZE);
            return new FetchJob(lane, blob, flights, range, meta.uncompressedSize(), false);
        }
        BlobChunks first = blob.knownListOf(head.chunk);
        blob.check(first, head.chunk);
        StoredUnit unit = first.unit(head.chunk);
        long start = unit.offset();
        long end = start + unit.size();
        if (blob.shared.chunks().isReady(head.chunk)) {
            return new FetchJob(
                    lane, blob, flights, new ByteRange(start, end - start), unit.plainSize(), true);
        }
        int last = companions(lane, blob, unit, head.chunk, flights);
        long largest = unit.plainSize();
        long batch =
                lane == FetchJob.Lane.READ
                        ? blob.mount.config().batchBytes()
                        : blob.mount.config().prefetch().mergingBytes();
        for (int chunk = last + 1; chunk < blob.info.chunkCount(); chunk++) {
            BlobChunks list = blob.isWanted(chunk) ? blob.listOf(chunk) : null;
            if (list == null) {
                continue; // a gap
            }
            StoredUnit next = list.unit(chunk);
            if (next.offset() < end
                    || next.offset() - end > batch / GAP_DIVISOR
                    || next.offset() + next.size() > start + batch
                    || !isPlausible(blob, list, chunk)) {
                break;
            }
            Flight flight = claim(lane, blob, chunk);
            if (flight != null) {
                flights.add(flight);
                chunk = companions(lane, blob, next, chunk, flights);
                end = next.offset() + next.size();
                largest = Math.max(largest, next.plainSize());
            }
        }
        return new FetchJob(lane, blob, flights, new ByteRange(start, end - start), largest, false);
    }

    /**
     * Adds the other chunks that come with the unit of {@code chunk}: they lie beside it.
     *
     * @return the last chunk of the unit
     */
    private static int companions(
            FetchJob.Lane lane, CachedBlob blob, StoredUnit unit, int chunk, List<Flight> flights) {
        if (unit instanceof StoredUnit.Single) {
            return chunk;
        }
        for (int other = chunk - 1; other >= 0 && isOf(unit, blob, other); other--) {
            join(lane, blob, other, flights);
        }
        int last = chunk;
        while (last + 1 < blob.info.chunkCount() && isOf(unit, blob, last + 1)) {
            last++;
            join(lane, blob, last, flights);
        }
        return last;
    }

    private static boolean isOf(StoredUnit unit, CachedBlob blob, int chunk) {
        BlobChunks list = blob.listOf(chunk);
        return list != null && list.unit(chunk).equals(unit);
    }

    private static void join(FetchJob.Lane lane, CachedBlob blob, int chunk, List<Flight> flights) {
        if (blob.isWanted(chunk) && isPlausible(blob, blob.knownListOf(chunk), chunk)) {
            Flight flight = claim(lane, blob, chunk);
            if (flight != null) {
                flights.add(flight);
            }
        }
    }

    /** Whether the chunk's record can be used. */
    static boolean isPlausible(CachedBlob blob, BlobChunks list, int chunk) {
        try {
            blob.check(list, chunk);
            return true;
        } catch (dev.naiad.base.error.CorruptFormatException e) {
            return false; // whoever reads it is told; a neighbour is not
        }
    }

    /**
     * The flight of a missing neighbour: a new one, or one that still waits in the readers' queue;
     * null if it needs none.
     */
    private static @Nullable Flight claim(FetchJob.Lane lane, CachedBlob blob, int chunk) {
        Flight queued = blob.shared.flights.get(chunk);
        if (queued != null) {
            // A reader's flight does not ride in a prefetch: it would come later than by itself.
            if (queued.running || lane == FetchJob.Lane.PREFETCH) {
                return null;
            }
            queued.running = true;
            queued.owner = blob;
            return queued;
        }
        if (!isMissing(blob, chunk)) {
            return null;
        }
        var flight = new Flight(blob, chunk);
        flight.running = true;
        flight.prefetch = lane == FetchJob.Lane.PREFETCH;
        blob.shared.flights.put(chunk, flight);
        return flight;
    }

    /**
     * Whether fetching the chunk ahead of readers makes sense: it can be kept, is not there and not
     * on its way.
     */
    static boolean isMissing(CachedBlob blob, int chunk) {
        return blob.shared.hasFile()
                && blob.isWanted(chunk)
                && !blob.shared.chunks().isReady(chunk)
                && !blob.shared.flights.containsKey(chunk);
    }

    /** The chunks of a job, for messages. */
    static String describe(List<Flight> flights) {
        Flight first = flights.getFirst();
        return flights.size() == 1 ? first.toString() : first + " to " + flights.getLast().chunk;
    }
}
