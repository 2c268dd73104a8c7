package dev.naiad.net.client;

/** What an answer holds on to until it is closed. */
interface Exchange {
    /** Gives the connection back, or closes it; later calls do nothing. */
    void end(boolean usable);

    void abort();
}
