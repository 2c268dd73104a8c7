package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.LongConsumer;

/**
 * Passes bytes on and hashes them; after reading to the end, a caller knows that they are what
 * their digest says.
 */
public final class VerifiedStream extends FilterInputStream {
    private final String name;
    private final Digest wanted;
    private final long size;
    private final LongConsumer progress;
    private final MessageDigest hash;
    private long count;
    private boolean verified;

    /**
     * @param size that the content must have, or negative
     * @param progress told the number of bytes of each read
     */
    public VerifiedStream(
            String name, InputStream in, Digest wanted, long size, LongConsumer progress) {
        super(in);
        this.name = name;
        this.wanted = wanted;
        this.size = size;
        this.progress = progress;
        this.hash = hash(wanted);
    }

    private static MessageDigest hash(Digest wanted) {
        String algorithm =
                switch (wanted.algorithm()) {
                    case SHA256 -> "SHA-256";
                    case SHA512 -> "SHA-512";
                    case BLAKE3, CRC32C ->
                            throw new NaiadException(
                                    ErrorKind.INVALID_ARGUMENT,
                                    wanted + ": images are not named by such digests");
                };
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + algorithm, e);
        }
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int got = super.read(target, offset, length);
        if (got < 0) {
            verify();
            return got;
        }
        hash.update(target, offset, got);
        count += got;
        if (size >= 0 && count > size) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name + ": is longer than the " + size + " bytes it should have");
        }
        progress.accept(got);
        return got;
    }

    private void verify() {
        if (verified) {
            return;
        }
        if (size >= 0 && count != size) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, name + ": has " + count + " bytes instead of " + size);
        }
        Digest found = Digest.of(wanted.algorithm(), hash.digest());
        if (!found.equals(wanted)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name + ": content has digest " + found + " instead of " + wanted);
        }
        verified = true;
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    @Override
    public long skip(long count) {
        throw new UnsupportedOperationException("every byte is hashed");
    }
}
