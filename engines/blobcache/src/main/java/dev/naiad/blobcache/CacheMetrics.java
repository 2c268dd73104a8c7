package dev.naiad.blobcache;

import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** A mount's counters. Safe for use by many threads. */
final class CacheMetrics {
    final LongAdder total = new LongAdder();
    final LongAdder wholeHits = new LongAdder();
    final LongAdder partialHits = new LongAdder();
    final LongAdder readBytes = new LongAdder();
    final LongAdder fetchedBytes = new LongAdder();
    final LongAdder failedReads = new LongAdder();
    final LongAdder badChunks = new LongAdder();
    final LongAdder checkedChunks = new LongAdder();
    final LongAdder uncachedChunks = new LongAdder();
    final LongAdder prefetchBytes = new LongAdder();
    final LongAdder prefetchRequests = new LongAdder();
    final LongAdder prefetchUnmerged = new LongAdder();
    final LongAdder prefetchMillis = new LongAdder();
    final AtomicLong bufferedBytes = new AtomicLong();

    private final InstantSource clock;
    private volatile long prefetchBegin;
    private volatile long prefetchEnd;

    CacheMetrics(InstantSource clock) {
        this.clock = clock;
    }

    void prefetchRequest(long bytes, int chunks, long millis) {
        if (prefetchBegin == 0) {
            prefetchBegin = clock.millis() - millis;
        }
        prefetchEnd = clock.millis();
        prefetchRequests.increment();
        prefetchBytes.add(bytes);
        prefetchMillis.add(millis);
        if (chunks == 1) {
            prefetchUnmerged.increment();
        }
    }

    long prefetchBeginMillis() {
        return prefetchBegin;
    }

    long prefetchEndMillis() {
        return prefetchEnd;
    }
}
