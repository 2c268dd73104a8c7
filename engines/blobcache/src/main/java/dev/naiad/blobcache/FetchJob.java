package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.NaiadException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request to the backend: the chunks of neighbouring units in ascending order, those of one
 * unit one behind the other, or the chunk table alone.
 *
 * @param owner whose backend and chunk list serve it
 * @param range compressed bytes in the blob
 * @param plainBytes size of the largest unit, or of the chunk table, uncompressed
 * @param local the one chunk is in the cache file and only needs decoding
 * @param refusal why there is no such request: the chunk list leads nowhere; the worker that
 *     carries the job out fails its flights
 */
record FetchJob(
        Lane lane,
        CachedBlob owner,
        List<Flight> flights,
        ByteRange range,
        long plainBytes,
        boolean local,
        @Nullable NaiadException refusal) {
    FetchJob(
            Lane lane,
            CachedBlob owner,
            List<Flight> flights,
            ByteRange range,
            long plainBytes,
            boolean local) {
        this(lane, owner, flights, range, plainBytes, local, null);
    }

    /** A job that only fails its flights. */
    static FetchJob refused(
            Lane lane, CachedBlob owner, List<Flight> flights, NaiadException cause) {
        return new FetchJob(lane, owner, flights, new ByteRange(0, 0), 0, false, cause);
    }

    boolean isMeta() {
        return flights.getFirst().isMeta();
    }

    /** Memory it needs while it runs. */
    long bufferBytes() {
        return range.length() + plainBytes;
    }
}
