package dev.naiad.codec.digest;

import dev.naiad.base.bytes.Digest;
import java.lang.foreign.MemorySegment;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** A digest of the JDK. */
final class JdkHasher implements Hasher {
    private static final long STEP = 1 << 30;

    private final Digest.Algorithm algorithm;
    private final MessageDigest digest;

    JdkHasher(Digest.Algorithm algorithm, String name) {
        this.algorithm = algorithm;
        try {
            this.digest = MessageDigest.getInstance(name);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has " + name, e);
        }
    }

    @Override
    public Digest.Algorithm algorithm() {
        return algorithm;
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
        digest.update(bytes, offset, length);
    }

    @Override
    public void update(MemorySegment bytes) {
        for (long at = 0; at < bytes.byteSize(); at += STEP) {
            digest.update(bytes.asSlice(at, Math.min(STEP, bytes.byteSize() - at)).asByteBuffer());
        }
    }

    @Override
    public byte[] finish() {
        return digest.digest();
    }

    @Override
    public void reset() {
        digest.reset();
    }
}
