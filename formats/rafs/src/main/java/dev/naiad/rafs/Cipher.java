package dev.naiad.rafs;

import java.util.Optional;

/**
 * How blob data is encrypted. Codes 2 and 3 exist in the format but in no image; they are refused.
 */
public enum Cipher {
    NONE(0),
    AES_128_XTS(1);

    private final int code;

    Cipher(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    public static Optional<Cipher> ofCode(long code) {
        return code == 0
                ? Optional.of(NONE)
                : code == 1 ? Optional.of(AES_128_XTS) : Optional.empty();
    }
}
