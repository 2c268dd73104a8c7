package dev.naiad.dfdaemon.storage;

import java.util.Arrays;
import java.util.HexFormat;

/** Thirty-two bytes of SHA-256, compared by value. */
public final class Sha256 {
    public static final int SIZE = 32;

    private final byte[] bytes;

    public Sha256(byte[] bytes) {
        if (bytes.length != SIZE) {
            throw new IllegalArgumentException("SHA-256 of " + bytes.length + " bytes");
        }
        this.bytes = bytes.clone();
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Sha256 that && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return "sha256:" + hex();
    }
}
