package dev.naiad.rafs;

/** The generation of a bootstrap; {@code word} is the text of {@code --fs-version} and of JSON. */
public enum RafsVersion {
    V5("5"),
    V6("6");

    private final String word;

    RafsVersion(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }
}
