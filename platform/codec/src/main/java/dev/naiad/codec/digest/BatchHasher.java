package dev.naiad.codec.digest;

import dev.naiad.base.bytes.Digest;
import java.lang.foreign.MemorySegment;

/**
 * Computes the digests of many pieces of one memory block in one call, which lets BLAKE3 work on
 * many small ones side by side. For one thread; reuse it.
 */
public interface BatchHasher {
    /** A batch hasher for the algorithm. */
    static BatchHasher of(Digest.Algorithm algorithm) {
        if (algorithm == Digest.Algorithm.BLAKE3) {
            return new Blake3Batch();
        }
        Hasher hasher = Hasher.of(algorithm);
        int size = algorithm.bytes();
        return (data, offset, length, count, digests) -> {
            for (int i = 0; i < count; i++) {
                byte[] digest = hasher.hash(data.asSlice(offset[i], length[i]));
                System.arraycopy(digest, 0, digests, i * size, size);
            }
        };
    }

    /**
     * Digests pieces {@code 0..count - 1}; the digest of piece {@code i} goes to {@code digests[i *
     * size]}.
     *
     * @param offset of each piece in {@code data}
     * @param length of each piece; may be 0
     */
    void hash(MemorySegment data, int[] offset, int[] length, int count, byte[] digests);
}
