package dev.naiad.snapshotter.credential;

import dev.naiad.base.life.Startable;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has credentials looked up again in an interval, so that short-lived ones do not end under running
 * containers.
 */
public final class CredentialRenewalTimer implements Startable {
    private static final Logger LOG = LoggerFactory.getLogger(CredentialRenewalTimer.class);

    private final Duration interval;
    private final Runnable renewal;
    private final CountDownLatch closed = new CountDownLatch(1);

    public CredentialRenewalTimer(Duration interval, Runnable renewal) {
        this.interval = interval;
        this.renewal = renewal;
    }

    @Override
    public void start() {
        Thread.ofPlatform().daemon().name("credential-renewal").start(this::run);
    }

    private void run() {
        try {
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    renewal.run();
                } catch (RuntimeException e) {
                    LOG.warn("credentials were not renewed: {}", e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
