package dev.naiad.backend;

/** Who waits for the bytes. */
public enum ReadPriority {
    /** Somebody reads a file. */
    USER,
    /** Nobody yet: fewer retries, lower priority in the peer-to-peer network. */
    PREFETCH
}
