package dev.naiad.scheduler.resource;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Wakes one waiting thread. A ring before the wait is not lost. Safe for threads; one thread waits.
 */
public final class Bell {
    private final Semaphore rings = new Semaphore(0);

    /** Wakes the waiter, or the next one to wait. */
    public void ring() {
        rings.release();
    }

    /** Waits for a ring, but not longer than this; true when it rang. */
    public boolean await(Duration atMost) throws InterruptedException {
        boolean rang = rings.tryAcquire(atMost.toNanos(), TimeUnit.NANOSECONDS);
        rings.drainPermits();
        return rang;
    }
}
