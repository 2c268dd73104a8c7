package dev.naiad.rafs;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.digest.BatchHasher;
import dev.naiad.codec.digest.Hasher;
import java.util.Optional;

/** The hash of chunk digests (and of v5's digest tree): always 32 bytes. */
public enum Digester {
    BLAKE3(0, "blake3", SuperFlags.HASH_BLAKE3),
    SHA256(1, "sha256", SuperFlags.HASH_SHA256);

    /** Bytes of a digest. */
    public static final int LENGTH = 32;

    private final int code;
    private final String word;
    private final long superFlag;

    Digester(int code, String word, long superFlag) {
        this.code = code;
        this.word = word;
        this.superFlag = superFlag;
    }

    public int code() {
        return code;
    }

    public String word() {
        return word;
    }

    public long superFlag() {
        return superFlag;
    }

    /** A hasher for one thread. */
    public Hasher hasher() {
        return Hasher.of(algorithm());
    }

    /** A hasher of many chunks in one call, for one thread. */
    public BatchHasher batchHasher() {
        return BatchHasher.of(algorithm());
    }

    private Digest.Algorithm algorithm() {
        return this == BLAKE3 ? Digest.Algorithm.BLAKE3 : Digest.Algorithm.SHA256;
    }

    public static Optional<Digester> ofCode(long code) {
        return code == 0 ? Optional.of(BLAKE3) : code == 1 ? Optional.of(SHA256) : Optional.empty();
    }

    public static Optional<Digester> ofWord(String word) {
        return switch (word) {
            case "blake3" -> Optional.of(BLAKE3);
            case "sha256" -> Optional.of(SHA256);
            default -> Optional.empty();
        };
    }

    /** Decodes superblock flags. compat: v5 images of 2020 set neither bit and mean BLAKE3. */
    public static Digester ofSuperFlags(long flags) {
        return (flags & SuperFlags.HASH_BLAKE3) == 0 && (flags & SuperFlags.HASH_SHA256) != 0
                ? SHA256
                : BLAKE3;
    }
}
