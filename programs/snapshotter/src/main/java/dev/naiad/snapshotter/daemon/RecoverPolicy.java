package dev.naiad.snapshotter.daemon;

import java.util.Optional;

/** What to do when a daemon dies. */
public enum RecoverPolicy {
    /** Nothing. */
    NONE("none"),
    /** Start it again and mount again; containers that are running keep a dead root. */
    RESTART("restart"),
    /** A successor takes the old one's FUSE session over; running containers notice a pause. */
    FAILOVER("failover");

    private final String word;

    RecoverPolicy(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<RecoverPolicy> of(String word) {
        for (RecoverPolicy policy : values()) {
            if (policy.word.equals(word)) {
                return Optional.of(policy);
            }
        }
        return Optional.empty();
    }
}
