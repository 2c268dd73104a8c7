package dev.naiad.e2e.lab;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/**
 * Waiting for a condition of the outside world, which sends no events: polls every few
 * milliseconds.
 */
public final class Await {
    /** Long enough for a machine that is five times slower than the one this was written on. */
    public static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final Duration STEP = Duration.ofMillis(20);

    private Await() {}

    /** A condition; looking at it may fail. */
    @FunctionalInterface
    public interface Condition {
        /** True when it holds. An exception means: not yet. */
        boolean holds() throws Exception;
    }

    /**
     * Waits until the condition holds; after {@link #PATIENCE} fails with the name and the
     * diagnosis.
     */
    public static void until(String what, Condition condition, Supplier<String> diagnosis) {
        until(what, PATIENCE, condition, diagnosis);
    }

    /** Waits until the condition holds, at most as long as given. */
    public static void until(
            String what, Duration atMost, Condition condition, Supplier<String> diagnosis) {
        long deadline = System.nanoTime() + atMost.toNanos();
        Exception last = null;
        while (true) {
            try {
                if (condition.holds()) {
                    return;
                }
            } catch (LabException fatal) {
                throw fatal;
            } catch (Exception notYet) {
                last = notYet;
            }
            if (System.nanoTime() > deadline || Thread.currentThread().isInterrupted()) {
                throw new LabException(
                        "waited for "
                                + atMost.toSeconds()
                                + " s: "
                                + what
                                + (last == null ? "" : " (" + last + ")")
                                + "\n"
                                + diagnosis.get(),
                        last);
            }
            LockSupport.parkNanos(STEP.toNanos());
        }
    }
}
