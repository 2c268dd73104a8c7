package dev.naiad.codec.stream;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What was decompressed: {@code bytes[start, end)} is new, and up to 32 KiB before it are there to
 * be referred to. For one thread.
 */
final class InflatedBytes {
    static final int WINDOW = 32 << 10;

    /** New bytes that fit at once. */
    static final int CAPACITY = 256 << 10;

    private static final VarHandle LONGS = BitInput.LONGS;

    /** Two matches and the literals before them, which {@link BlockDecoder} may write at once. */
    static final int OVERSHOOT = 2 * (BlockCodes.MAX_MATCH + 2);

    /** What a copy writes behind its end. */
    private static final int SLACK = 32;

    final byte[] bytes = new byte[WINDOW + CAPACITY + OVERSHOOT + SLACK];
    int start;
    int end;

    // Where the end was at the last mark, or -1 when what was before is kept aside.
    private int mark;
    private byte[] beforeMark = new byte[0];

    /** Forgets all. */
    void clear() {
        start = 0;
        end = 0;
        mark = 0;
    }

    /** Begins behind these bytes, which are at most 32 KiB. */
    void begin(MemorySegment window) {
        clear();
        int length = (int) window.byteSize();
        MemorySegment.copy(window, ValueLayout.JAVA_BYTE, 0, bytes, 0, length);
        start = length;
        end = length;
    }

    /** Whether no further match is sure to fit. */
    boolean isFull() {
        return end >= WINDOW + CAPACITY - 2;
    }

    /**
     * What was new has been taken; makes room for {@code most} bytes, or all that can be.
     *
     * @param marks keep what {@link #windowAtMark} answers
     */
    void makeRoom(int most, boolean marks) {
        if (end > WINDOW && WINDOW + CAPACITY - 2 - end < Math.min(most, CAPACITY - 2)) {
            if (marks && mark >= 0) {
                beforeMark = window();
                mark = -1;
            }
            System.arraycopy(bytes, end - WINDOW, bytes, 0, WINDOW);
            end = WINDOW;
        }
        start = end;
    }

    /** Remembers this place for {@link #windowAtMark}. */
    void mark() {
        mark = end;
    }

    /** A copy of what was before the last mark: 32 KiB, or all that there was. */
    byte[] windowAtMark() {
        return mark < 0 ? beforeMark : window();
    }

    private byte[] window() {
        return Arrays.copyOfRange(bytes, Math.max(0, mark - WINDOW), mark);
    }

    /**
     * Repeats the bytes {@code back} bytes before {@code at}; writes a few more bytes, which the
     * next output covers.
     */
    static void copy(byte[] bytes, int at, int back, int length) {
        int end = at + length;
        if (back >= Long.BYTES) {
            words(bytes, at, back, end);
        } else if (back == 1) {
            Arrays.fill(bytes, at, end, bytes[at - 1]);
        } else {
            for (int to = at; to < end; to++) {
                bytes[to] = bytes[to - back];
            }
        }
    }

    private static void words(byte[] bytes, int at, int back, int end) {
        for (int to = at; to < end; to += Long.BYTES) {
            LONGS.set(bytes, to, (long) LONGS.get(bytes, to - back));
        }
    }
}
