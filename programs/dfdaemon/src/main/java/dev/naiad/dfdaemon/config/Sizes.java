package dev.naiad.dfdaemon.config;

import java.util.Optional;

/** Sizes as dfdaemon, its headers and its tools write them. */
public final class Sizes {
    private Sizes() {}

    /** {@code 4MiB}, {@code 10GB}, {@code 4096}; empty if it is none. */
    public static Optional<Long> parse(String text) {
        return Values.parseSize(text);
    }
}
