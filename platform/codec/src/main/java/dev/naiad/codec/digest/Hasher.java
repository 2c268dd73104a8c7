package dev.naiad.codec.digest;

import dev.naiad.base.bytes.Digest;
import java.lang.foreign.MemorySegment;

/**
 * Computes one digest after the other. For one thread; reuse it, because some have large tables.
 */
public interface Hasher {
    /** A hasher for the algorithm. */
    static Hasher of(Digest.Algorithm algorithm) {
        return switch (algorithm) {
            case SHA256 -> new JdkHasher(algorithm, "SHA-256");
            case SHA512 -> new JdkHasher(algorithm, "SHA-512");
            case BLAKE3 -> new Blake3();
            case CRC32C -> new Crc32cHasher();
        };
    }

    /** The algorithm. */
    Digest.Algorithm algorithm();

    /** Adds bytes. */
    void update(byte[] bytes, int offset, int length);

    /** Adds bytes. */
    void update(MemorySegment bytes);

    /** The digest of all bytes since the last one; the hasher is then as new. */
    byte[] finish();

    /** Forgets what was added. */
    void reset();

    /** Adds bytes. */
    default void update(byte[] bytes) {
        update(bytes, 0, bytes.length);
    }

    /** The digest of all bytes since the last one, as a value. */
    default Digest digest() {
        return Digest.of(algorithm(), finish());
    }

    /** The digest of exactly these bytes. */
    default byte[] hash(byte[] bytes, int offset, int length) {
        reset();
        update(bytes, offset, length);
        return finish();
    }

    /** The digest of exactly these bytes. */
    default byte[] hash(MemorySegment bytes) {
        reset();
        update(bytes);
        return finish();
    }
}
