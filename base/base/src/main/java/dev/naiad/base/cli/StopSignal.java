package dev.naiad.base.cli;

import java.time.Duration;

/**
 * The request to stop a program: SIGTERM or SIGINT in a process, a call in tests. Safe for use by
 * many threads.
 */
public interface StopSignal {
    /**
     * From now on a signal is a request to stop and does not end the process. A program that has
     * something to clean up calls this before it begins; waiting implies it.
     */
    void watch();

    /** Waits for the request. */
    void await() throws InterruptedException;

    /** Waits at most {@code timeout}; returns whether the request came. */
    boolean await(Duration timeout) throws InterruptedException;

    /** Whether the request came. */
    boolean isRequested();

    /** Asks the program to end, as an API call does. */
    void request();
}
