package dev.naiad.dragonfly.vortex;

import java.util.Optional;

/** What a Vortex frame holds; the second byte of its header. */
public enum VortexTag {
    DOWNLOAD_PIECE(0),
    PIECE_CONTENT(1),
    DOWNLOAD_PERSISTENT_PIECE(2),
    PERSISTENT_PIECE_CONTENT(3),
    DOWNLOAD_PERSISTENT_CACHE_PIECE(4),
    PERSISTENT_CACHE_PIECE_CONTENT(5),
    DOWNLOAD_CACHE_PIECE(6),
    CACHE_PIECE_CONTENT(7),

    /**
     * Ours, sent only to peers that say how busy they are: like {@link #DOWNLOAD_PIECE}, and the
     * connection stays open for the next request.
     */
    DOWNLOAD_PIECE_AND_STAY(16),
    CLOSE(254),
    ERROR(255);

    private final int code;

    VortexTag(int code) {
        this.code = code;
    }

    /** The byte on the wire. */
    public int code() {
        return code;
    }

    /** The tag of a byte, or empty for a reserved one. */
    public static Optional<VortexTag> of(int code) {
        for (VortexTag tag : values()) {
            if (tag.code == code) {
                return Optional.of(tag);
            }
        }
        return Optional.empty();
    }
}
