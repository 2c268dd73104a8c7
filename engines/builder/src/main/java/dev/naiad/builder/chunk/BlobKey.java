package dev.naiad.builder.chunk;

import dev.naiad.codec.cipher.AesXts;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * The key and initialization vector of one blob's encryption. They end up in the blob table of its
 * bootstrap: anyone who can read the bootstrap can read the data.
 *
 * @param key 32 bytes whose halves differ
 * @param iv 16 bytes
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, compared nowhere
public record BlobKey(byte[] key, byte[] iv) {
    public BlobKey {
        if (key.length != AesXts.KEY_BYTES || iv.length != AesXts.IV_BYTES) {
            throw new IllegalArgumentException(
                    "a key of " + key.length + " and an IV of " + iv.length + " bytes");
        }
    }

    /**
     * A fresh key.
     *
     * @param random {@link java.security.SecureRandom} but for tests
     */
    public static BlobKey random(RandomGenerator random) {
        byte[] key = new byte[AesXts.KEY_BYTES];
        byte[] iv = new byte[AesXts.IV_BYTES];
        int half = AesXts.KEY_BYTES / 2;
        do {
            random.nextBytes(key);
            // With equal halves the mode is weak, and OpenSSL refuses it.
        } while (Arrays.equals(key, 0, half, key, half, 2 * half));
        random.nextBytes(iv);
        return new BlobKey(key, iv);
    }

    @Override
    public String toString() {
        return "[redacted]";
    }
}
