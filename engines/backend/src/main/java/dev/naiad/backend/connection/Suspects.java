package dev.naiad.backend.connection;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Mirrors that were slow or broke off while one request was tried. A mirror waits for the origin
 * behind it, so this counts as its failure only if another server then answers the same request.
 * For one thread.
 */
public final class Suspects {
    private final Map<Mirror, String> reasons = new LinkedHashMap<>();

    void add(Mirror mirror, String why) {
        reasons.put(mirror, why);
    }

    void clear(Mirror mirror) {
        reasons.remove(mirror);
    }

    /** The request succeeded: whichever mirror did not answer it is to blame. */
    public void convict() {
        reasons.forEach(Mirror::wasSlow);
        reasons.clear();
    }
}
