package dev.naiad.convert.verify;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was found at which place of a blob, chunk by chunk, in columns. */
public final class BlobLedger {
    private long[] offset = new long[64];
    private int[] storedSize = new int[64];
    private int[] plainSize = new int[64];
    private int[] crc32c = new int[64];
    private int[] storedCrc32c = new int[64];
    private final BitSet compressed = new BitSet();
    private final Map<Integer, byte[]> digests = new HashMap<>();
    private int count;

    int count() {
        return count;
    }

    void add(long at, int stored, int plain, boolean isCompressed, int crc, int storedCrc) {
        if (count == offset.length) {
            int size = Math.multiplyExact(count, 2);
            offset = Arrays.copyOf(offset, size);
            storedSize = Arrays.copyOf(storedSize, size);
            plainSize = Arrays.copyOf(plainSize, size);
            crc32c = Arrays.copyOf(crc32c, size);
            storedCrc32c = Arrays.copyOf(storedCrc32c, size);
        }
        offset[count] = at;
        storedSize[count] = stored;
        plainSize[count] = plain;
        crc32c[count] = crc;
        storedCrc32c[count] = storedCrc;
        compressed.set(count, isCompressed);
        count++;
    }

    void digest(int index, byte[] digest) {
        digests.put(index, digest);
    }

    long offset(int index) {
        return offset[index];
    }

    long end(int index) {
        return offset[index] + storedSize[index];
    }

    int storedSize(int index) {
        return storedSize[index];
    }

    int plainSize(int index) {
        return plainSize[index];
    }

    int crc32c(int index) {
        return crc32c[index];
    }

    int storedCrc32c(int index) {
        return storedCrc32c[index];
    }

    boolean compressed(int index) {
        return compressed.get(index);
    }

    /** Of those that were digested again. */
    byte @Nullable [] digest(int index) {
        return digests.get(index);
    }
}
