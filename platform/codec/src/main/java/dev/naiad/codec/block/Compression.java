package dev.naiad.codec.block;

import java.util.Optional;

/** The compression algorithms of RAFS chunks, with the names that tools and bootstraps use. */
public enum Compression {
    /** As it is. */
    NONE("none", 0),
    /** LZ4's block format, without frame. */
    LZ4_BLOCK("lz4_block", 0),
    /** One zstd frame. */
    ZSTD("zstd", 3),
    /** One gzip member. */
    GZIP("gzip", 6);

    private final String id;
    private final int defaultLevel;

    Compression(String id, int defaultLevel) {
        this.id = id;
        this.defaultLevel = defaultLevel;
    }

    /** The name. */
    public String id() {
        return id;
    }

    /** The level used when none is asked for. */
    public int defaultLevel() {
        return defaultLevel;
    }

    /** The algorithm of that name. */
    public static Optional<Compression> byId(String id) {
        for (Compression compression : values()) {
            if (compression.id.equals(id)) {
                return Optional.of(compression);
            }
        }
        return Optional.empty();
    }
}
