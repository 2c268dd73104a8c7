package dev.naiad.testkit;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for conditions instead of times. */
public final class Await {
    /** Long enough for a machine under load; a test that needs it is slow, not flaky. */
    public static final Duration DEADLINE = Duration.ofSeconds(60);

    /** The same for what several programs do together. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final long STEP_NANOS = 5_000_000;

    private Await() {}

    /**
     * Waits until {@code condition} holds. A checked exception means: not yet. Fails after a
     * minute, or at once with any other exception.
     */
    public static void until(String what, Callable<Boolean> condition) {
        until(what, DEADLINE, condition);
    }

    /** {@link #until(String, Callable)} with a deadline. */
    public static void until(String what, Duration deadline, Callable<Boolean> condition) {
        until(what, deadline, condition, () -> "");
    }

    /** Waits for {@link #PATIENCE}; a failure shows the diagnosis. */
    public static void until(String what, Callable<Boolean> condition, Supplier<String> diagnosis) {
        until(what, PATIENCE, condition, diagnosis);
    }

    private static void until(
            String what,
            Duration deadline,
            Callable<Boolean> condition,
            Supplier<String> diagnosis) {
        long end = System.nanoTime() + deadline.toNanos();
        while (true) {
            Exception notYet = null;
            try {
                if (condition.call()) {
                    return;
                }
            } catch (RuntimeException fatal) {
                throw fatal;
            } catch (Exception e) {
                notYet = e;
            }
            if (System.nanoTime() - end > 0) {
                throw new AssertionError(
                        "not within %d s: %s%s\n%s"
                                .formatted(
                                        deadline.toSeconds(),
                                        what,
                                        notYet == null ? "" : " (" + notYet + ")",
                                        diagnosis.get()),
                        notYet);
            }
            if (Thread.interrupted()) {
                throw new AssertionError("interrupted while waiting: " + what);
            }
            LockSupport.parkNanos(STEP_NANOS);
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
