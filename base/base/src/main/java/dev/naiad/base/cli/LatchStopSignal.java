package dev.naiad.base.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** A wish that comes by call. */
final class LatchStopSignal implements StopSignal {
    private final CountDownLatch latch = new CountDownLatch(1);
    private final Runnable beforeAwait;

    /** {@code beforeAwait} runs at the start of each wait; it must be idempotent. */
    LatchStopSignal(Runnable beforeAwait) {
        this.beforeAwait = beforeAwait;
    }

    @Override
    public void await() throws InterruptedException {
        beforeAwait.run();
        latch.await();
    }

    @Override
    public boolean await(Duration timeout) throws InterruptedException {
        beforeAwait.run();
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
