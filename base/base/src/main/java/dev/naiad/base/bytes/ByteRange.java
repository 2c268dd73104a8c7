package dev.naiad.base.bytes;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * A range of bytes: {@code length} bytes from {@code offset}. Both are non-negative and their sum
 * fits a long.
 */
public record ByteRange(long offset, long length) implements Comparable<ByteRange> {
    /** Checks the numbers. */
    public ByteRange {
        if (offset < 0 || length < 0 || offset + length < 0) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    "byte range of " + length + " bytes at " + offset + " is not valid");
        }
    }

    /** {@code length} bytes from {@code offset}. */
    public static ByteRange of(long offset, long length) {
        return new ByteRange(offset, length);
    }

    /** The bytes from {@code start} to before {@code endExclusive}. */
    public static ByteRange between(long start, long endExclusive) {
        return new ByteRange(start, endExclusive - start);
    }

    /** The offset of the first byte behind the range. */
    public long endExclusive() {
        return offset + length;
    }

    /** Whether the range holds no byte. */
    public boolean isEmpty() {
        return length == 0;
    }

    /** Whether {@code other} lies within this range. */
    public boolean contains(ByteRange other) {
        return other.offset >= offset && other.endExclusive() <= endExclusive();
    }

    /** By offset, then length. */
    @Override
    public int compareTo(ByteRange other) {
        int byOffset = Long.compare(offset, other.offset);
        return byOffset != 0 ? byOffset : Long.compare(length, other.length);
    }

    /** {@code [start, end)}. */
    @Override
    public String toString() {
        return "[" + offset + ", " + endExclusive() + ")";
    }
}
