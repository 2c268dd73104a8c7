package dev.naiad.base.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A stop request made by a call. */
final class LatchStopSignal implements StopSignal {
    private final CountDownLatch latch = new CountDownLatch(1);
    private final Runnable whenWatched;

    /** {@code whenWatched} runs at each call of watch; it must be idempotent. */
    LatchStopSignal(Runnable whenWatched) {
        this.whenWatched = whenWatched;
    }

    @Override
    public void watch() {
        whenWatched.run();
    }

    @Override
    public void await() throws InterruptedException {
        watch();
        latch.await();
    }

    @Override
    public boolean await(Duration timeout) throws InterruptedException {
        watch();
        return latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    @Override
    public boolean isRequested() {
        return latch.getCount() == 0;
    }

    @Override
    public void request() {
        latch.countDown();
    }
}
