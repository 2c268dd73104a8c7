package dev.naiad.base.cli;

import java.time.Duration;

/**
 * The wish that a program ends: SIGTERM or SIGINT in a process, a call in tests. Safe for use by
 * many threads.
 */
public interface StopSignal {
    /**
     * From now on a signal is the wish to end, not the end. A program that has something to tidy up
     * calls this before it begins; waiting implies it.
     */
    void watch();

    /** Waits for the wish. */
    void await() throws InterruptedException;

    /** Waits at most {@code timeout}; answers whether the wish came. */
    boolean await(Duration timeout) throws InterruptedException;

    /** Whether the wish came. */
    boolean isRequested();

    /** Asks the program to end, as an API call does. */
    void request();
}
