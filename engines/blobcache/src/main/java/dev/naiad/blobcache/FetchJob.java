package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import java.util.List;

/**
 * One request to the backend: the chunks of neighbouring units in ascending order, those of one
 * unit one behind the other, or the chunk table alone.
 *
 * @param owner whose backend and chunk list serve it
 * @param range compressed bytes in the blob
 * @param plainBytes size of the largest unit, or of the chunk table, uncompressed
 * @param local the one chunk is in the cache file and only needs decoding
 */
record FetchJob(
        Lane lane,
        CachedBlob owner,
        List<Flight> flights,
        ByteRange range,
        long plainBytes,
        boolean local) {
    /** Readers' fetches and prefetch never queue behind each other. */
    enum Lane {
        READ,
        PREFETCH
    }

    boolean isMeta() {
        return flights.getFirst().isMeta();
    }

    /** Memory it needs while it runs. */
    long bufferBytes() {
        return range.length() + plainBytes;
    }
}
