package dev.naiad.base.time;

/** Monotonic time for measuring and for deadlines. Tests pass a fake one. */
@FunctionalInterface
public interface Ticker {
    /** Nanoseconds since an arbitrary moment; only differences mean something. */
    long nanos();

    /** The JVM's monotonic time. */
    static Ticker system() {
        return System::nanoTime;
    }
}
