package dev.naiad.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/** Waits for conditions instead of times. */
public final class Await {
    /** Long enough for a machine under load; a test that needs it is slow, not flaky. */
    public static final Duration DEADLINE = Duration.ofSeconds(60);

    private static final long STEP_NANOS = 5_000_000;

    private Await() {}

    /**
     * Waits until {@code condition} holds; fails after a minute, or with what the condition throws.
     */
    public static void until(String what, Callable<Boolean> condition) {
        until(what, DEADLINE, condition);
    }

    /** {@link #until(String, Callable)} with a deadline. */
    public static void until(String what, Duration deadline, Callable<Boolean> condition) {
        long end = System.nanoTime() + deadline.toNanos();
        while (!holds(what, condition)) {
            if (System.nanoTime() - end > 0) {
                throw new AssertionError("not within " + deadline.toSeconds() + " s: " + what);
            }
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted while waiting: " + what);
            }
            LockSupport.parkNanos(STEP_NANOS);
        }
    }

    private static boolean holds(String what, Callable<Boolean> condition) {
        try {
            return condition.call();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError("while waiting: " + what, e);
        }
    }

    /** Waits until {@code assertion} passes; fails with its last failure after a minute. */
    public static void untilAsserted(Runnable assertion) {
        long end = System.nanoTime() + DEADLINE.toNanos();
        while (true) {
            try {
                assertion.run();
                return;
            } catch (AssertionError e) {
                if (System.nanoTime() - end > 0) {
                    throw e;
                }
                LockSupport.parkNanos(STEP_NANOS);
            }
        }
    }
}
