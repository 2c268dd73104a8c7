package dev.naiad.net.http;

import java.net.SocketTimeoutException;
import java.time.Duration;

/** How many bytes a body must bring in each stretch of time. For one thread. */
final class Pace {
    private final long bytes;
    private final long nanos;
    private long began = System.nanoTime();
    private long before;

    /**
     * @param received bytes of the body that are there already
     */
    Pace(long bytes, Duration stretch, long received) {
        this.bytes = bytes;
        this.nanos = stretch.toNanos();
        this.before = received;
    }

    /** Notes how much is there; fails if a stretch brought too little. */
    void check(long received) throws SocketTimeoutException {
        long now = System.nanoTime();
        if (now - began < nanos) {
            return;
        }
        if (received - before < bytes) {
            throw new SocketTimeoutException(
                    "only "
                            + (received - before)
                            + " bytes in "
                            + (now - began) / 1_000_000
                            + " ms");
        }
        began = now;
        before = received;
    }
}
