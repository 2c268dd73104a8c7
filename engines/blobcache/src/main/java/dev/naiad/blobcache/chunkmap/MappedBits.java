package dev.naiad.blobcache.chunkmap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Objects;

/**
 * Bits in a mapping that several processes share: bit <i>i</i> is {@code 0x80 >>> i % 8} of byte
 * {@code i / 8}. Safe for use by many threads.
 */
final class MappedBits {
    private static final ValueLayout.OfInt WORD =
            ValueLayout.JAVA_INT.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle WORD_HANDLE = WORD.varHandle();

    private final MemorySegment bits;
    private final int count;
    private final int wholeWordsEnd;

    MappedBits(MemorySegment bits, int count) {
        this.bits = bits;
        this.count = count;
        this.wholeWordsEnd = Math.toIntExact(bits.byteSize()) & -Integer.BYTES;
    }

    int count() {
        return count;
    }

    boolean get(int bit) {
        int at = Objects.checkIndex(bit, count) >>> 3;
        boolean set = (bits.get(JAVA_BYTE, at) & mask(bit)) != 0;
        // Pairs with the release in set, also another process's: the bytes are looked at after
        // the bit.
        VarHandle.acquireFence();
        return set;
    }

    void set(int bit) {
        int at = Objects.checkIndex(bit, count) >>> 3;
        int word = at & -Integer.BYTES;
        if (word < wholeWordsEnd) {
            // The byte's place within a little-endian word.
            WORD_HANDLE.getAndBitwiseOrRelease(
                    bits, (long) word, mask(bit) << ((at - word) * Byte.SIZE));
            return;
        }
        // Up to three bytes at the end are not a whole word. Two processes that set bits in the
        // same of them may lose one: that chunk is fetched again, nothing else.
        synchronized (this) {
            VarHandle.releaseFence();
            bits.set(JAVA_BYTE, at, (byte) (bits.get(JAVA_BYTE, at) | mask(bit)));
        }
    }

    void clear(int bit) {
        int at = Objects.checkIndex(bit, count) >>> 3;
        int word = at & -Integer.BYTES;
        if (word < wholeWordsEnd) {
            WORD_HANDLE.getAndBitwiseAndRelease(
                    bits, (long) word, ~(mask(bit) << ((at - word) * Byte.SIZE)));
            return;
        }
        synchronized (this) {
            bits.set(JAVA_BYTE, at, (byte) (bits.get(JAVA_BYTE, at) & ~mask(bit)));
        }
    }

    void setAll() {
        for (int bit = 0; bit < count; bit++) {
            set(bit);
        }
    }

    int cardinality() {
        int set = 0;
        int bytes = Math.toIntExact(bits.byteSize());
        for (int at = 0; at < bytes; at++) {
            int value = bits.get(JAVA_BYTE, at) & 0xff;
            if (at == bytes - 1 && (count & 7) != 0) {
                value &= 0xff00 >>> (count & 7); // bits behind the last chunk mean nothing
            }
            set += Integer.bitCount(value);
        }
        return set;
    }

    /** The bytes at this moment. */
    byte[] copy() {
        return bits.toArray(JAVA_BYTE);
    }

    private static int mask(int bit) {
        return 0x80 >>> (bit & 7);
    }
}
