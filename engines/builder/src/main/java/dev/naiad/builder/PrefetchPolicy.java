package dev.naiad.builder;

import java.util.Arrays;
import java.util.Optional;

/** How prefetch patterns are used; {@code word} is the text of {@code --prefetch-policy}. */
public enum PrefetchPolicy {
    /** Matching nodes are listed in the bootstrap; directory builds store their data first. */
    FS("fs"),
    /** Directory builds store their data first, and the blob says how long that part is. */
    BLOB("blob"),
    NONE("none");

    private final String word;

    PrefetchPolicy(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    public static Optional<PrefetchPolicy> ofWord(String word) {
        return Arrays.stream(values()).filter(policy -> policy.word.equals(word)).findFirst();
    }
}
