package dev.naiad.base.bytes;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A digest and its algorithm: {@code sha256:} and 64 lower-case digits. Compares by value. */
public record Digest(Algorithm algorithm, String hex) {
    /** The algorithms in use. */
    public enum Algorithm {
        /** OCI's default. */
        SHA256("sha256", 32),
        /** OCI's alternative. */
        SHA512("sha512", 64),
        /** RAFS's default; computed in module codec. */
        BLAKE3("blake3", 32),
        /** For pieces; a checksum, not proof of content. */
        CRC32C("crc32c", 4);

        private final String id;
        private final int bytes;

        Algorithm(String id, int bytes) {
            this.id = id;
            this.bytes = bytes;
        }

        /** The name before the colon. */
        public String id() {
            return id;
        }

        /** The length of a digest in bytes. */
        public int bytes() {
            return bytes;
        }
    }

    /** Checks the form. */
    public Digest {
        if (!Hex.isLowerHex(hex, algorithm.bytes * 2)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "\""
                            + hex
                            + "\" is not a "
                            + algorithm.id
                            + " digest ("
                            + algorithm.bytes * 2
                            + " lower-case hexadecimal digits)");
        }
    }

    /** A digest from its bytes. */
    public static Digest of(Algorithm algorithm, byte[] bytes) {
        return new Digest(algorithm, Hex.encode(bytes));
    }

    /** A SHA-256 digest from its 64 digits. */
    public static Digest sha256(String hex) {
        return new Digest(Algorithm.SHA256, hex);
    }

    /** The SHA-256 digest of {@code content}. */
    public static Digest sha256Of(byte[] content) {
        try {
            return of(Algorithm.SHA256, MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * Reads {@code algorithm:hex}.
     *
     * @throws NaiadException INVALID_ARGUMENT for an unknown algorithm or a wrong form
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon > 0) {
            String id = text.substring(0, colon);
            for (Algorithm algorithm : Algorithm.values()) {
                if (algorithm.id.equals(id)) {
                    return new Digest(algorithm, text.substring(colon + 1));
                }
            }
        }
        throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "\"" + text + "\" is not a digest");
    }

    /** The digest's bytes. */
    public byte[] bytes() {
        return Hex.decode(hex);
    }

    /** {@code algorithm:hex}. */
    @Override
    public String toString() {
        return algorithm.id + ":" + hex;
    }
}
