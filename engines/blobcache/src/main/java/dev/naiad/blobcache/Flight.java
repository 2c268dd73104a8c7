package dev.naiad.blobcache;

import java.util.ArrayList;
import java.util.List;

/**
 * One chunk (or one chunk table) on its way, with everybody who waits for it. Not safe by itself:
 * {@link Flights} uses it under its lock.
 */
final class Flight {
    /** In place of a chunk index: the blob's chunk table. */
    static final int META = -1;

    final SharedBlob shared;
    final int chunk;

    /** Whose backend fetches it. */
    CachedBlob owner;

    boolean running;

    /** Its request is a prefetch: readers that joined it must not fail with it. */
    boolean prefetch;

    /** Neither queued nor running any more. */
    boolean landed;

    final List<PendingRead> waiters = new ArrayList<>(2);

    Flight(CachedBlob owner, int chunk) {
        this.shared = owner.shared;
        this.owner = owner;
        this.chunk = chunk;
    }

    boolean isMeta() {
        return chunk == META;
    }

    @Override
    public String toString() {
        return shared + (isMeta() ? " chunk table" : " chunk " + chunk);
    }
}
