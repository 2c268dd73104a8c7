package dev.naiad.backend.config;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.Problems;
import java.time.Duration;

/** Times of the backend sections are whole seconds. */
final class Seconds {
    private static final long MAX = 365L * 24 * 3600;

    private Seconds() {}

    static Duration parse(ConfigNode node, Problems problems, long fallback) {
        return Duration.ofSeconds(node.integer(problems, fallback, 0, MAX));
    }
}
