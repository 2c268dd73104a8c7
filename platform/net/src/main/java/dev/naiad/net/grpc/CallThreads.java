package dev.naiad.net.grpc;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadFactory;

/**
 * A virtual thread for each task of a server's calls. A cancelled call still runs until its code
 * notices; {@link #awaitEnd} waits for that, so that nothing uses the network threads after they
 * are gone.
 */
final class CallThreads implements Executor {
    private final ThreadFactory threads;

    @GuardedBy("this") private long running;

    CallThreads(String server) {
        this.threads = Thread.ofVirtual().name(server + "-call-", 0).factory();
    }

    @Override
    public void execute(Runnable task) {
        begin();
        threads.newThread(
                        () -> {
                            try {
                                task.run();
                            } finally {
                                end();
                            }
                        })
                .start();
    }

    private synchronized void begin() {
        running++;
    }

    private synchronized void end() {
        running--;
        if (running == 0) {
            notifyAll();
        }
    }

    /** Waits until no task runs, at most so long. */
    synchronized void awaitEnd(Duration limit) throws InterruptedException {
        long end = System.nanoTime() + limit.toNanos();
        for (long left = limit.toMillis();
                running > 0 && left > 0;
                left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }
}
