package dev.naiad.codec.stream;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Deflate data as bits, the lowest of each byte first. The caller owns the buffer, moves its
 * content and says where it ends. For one thread.
 *
 * <p>The fields are open to {@link BlockDecoder}, which keeps them in locals while it runs.
 */
final class BitInput {
    /** The buffer must have this many bytes more than are ever filled. */
    static final int PADDING = 64;

    /** Bytes that {@link BlockDecoder} may move on by between two looks at {@link #limit}. */
    private static final int STEP = 32;

    /** Eight bytes at once. */
    static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    final byte[] bytes;

    /** The first byte that is not in {@link #bits} as a whole. */
    int at;

    private int end;
    private int padding;

    /** The next bits, lowest first; there may be more above {@link #count}. */
    long bits;

    /** How many bits are counted as read. */
    int count;

    BitInput(byte[] bytes) {
        this.bytes = bytes;
    }

    /**
     * The input is in the buffer from {@code start} to {@code stop}; {@code atEnd} if nothing
     * follows.
     */
    void set(int start, int stop, boolean atEnd) {
        at = start;
        end = stop;
        padding = atEnd ? PADDING : 0;
        if (atEnd) {
            Arrays.fill(bytes, stop, stop + PADDING, (byte) 0);
        }
    }

    /** Begins with the high {@code pendingBits} bits of a byte, and then what is set. */
    void begin(int previousByte, int pendingBits) {
        bits = (long) (previousByte & 0xff) >>> (8 - pendingBits);
        count = pendingBits;
    }

    /** Whether nothing follows what is in the buffer. */
    boolean isLast() {
        return padding > 0;
    }

    /** Whole bytes that were not used. */
    int available() {
        return end - position();
    }

    /** Where the bytes that were not used begin; bits of a byte begun are kept inside. */
    int position() {
        return at - (count >>> 3);
    }

    /** Beyond this, {@link #at} is too near the end for a step of {@link BlockDecoder}. */
    int limit() {
        return end + padding - STEP;
    }

    /** Whole bytes go back, so that the caller may move the buffer's content. */
    void giveBack() {
        at -= count >>> 3;
        count &= 7;
        bits &= (1L << count) - 1;
    }

    /** Behind the end there is padding, which must not have been used. */
    void checkOverrun() throws DeflateDataException {
        if (position() > end) {
            throw new DeflateDataException("the data end too early");
        }
    }

    /** Makes 56 bits available. */
    void refill() throws DeflateDataException {
        if (at > end + PADDING - Long.BYTES) {
            throw new DeflateDataException("the data end too early");
        }
        bits |= (long) LONGS.get(bytes, at) << count;
        at += (63 - count) >>> 3;
        count |= 56;
    }

    /** The next {@code n} bits, which must be available. */
    int take(int n) {
        int value = (int) bits & ((1 << n) - 1);
        bits >>>= n;
        count -= n;
        return value;
    }

    /** Drops the rest of a byte. */
    void align() {
        take(count & 7);
    }

    /** Copies as many whole bytes as there are, but no more than {@code most}. */
    int copyTo(byte[] target, int offset, int most) {
        giveBack();
        int n = Math.max(0, Math.min(end - at, most));
        System.arraycopy(bytes, at, target, offset, n);
        at += n;
        return n;
    }
}
