package dev.naiad.e2e.demo;

/** One line for each step, with the seconds since the start. */
final class StepLog {
    private final long start = System.nanoTime();

    void say(String what) {
        System.out.printf(
                java.util.Locale.ROOT, "[%5.1f s] %s%n", (System.nanoTime() - start) / 1e9, what);
    }
}
