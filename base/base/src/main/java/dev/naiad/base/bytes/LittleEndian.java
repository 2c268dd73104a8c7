package dev.naiad.base.bytes;

import dev.naiad.base.error.CorruptFormatException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * A bounds-checked little-endian view of one on-disk struct. It borrows the segment. Offsets are
 * relative to the view; errors name the struct and give the offset within the whole.
 *
 * <p>Views of arrays read the array directly: a bootstrap has millions of fields, and C1-compiled
 * code takes tens of nanoseconds to read one from a segment.
 */
public final class LittleEndian {
    private static final ValueLayout.OfShort U16 =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt U32 =
            ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong U64 =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MemorySegment bytes;
    private final long size;
    private final long base;
    private final String name;
    // The backing array, if there is one and it may be written.
    private final byte @Nullable [] array;
    private final int start;

    private LittleEndian(MemorySegment bytes, long base, String name) {
        this.bytes = bytes;
        this.size = bytes.byteSize();
        this.base = base;
        this.name = name;
        this.array = bytes.heapBase().orElse(null) instanceof byte[] whole ? whole : null;
        this.start = array == null ? 0 : (int) bytes.address();
    }

    /** A view of the whole segment. */
    public static LittleEndian of(MemorySegment whole, String name) {
        return new LittleEndian(whole, 0, name);
    }

    /** A view of an array. */
    public static LittleEndian of(byte[] whole, String name) {
        return of(MemorySegment.ofArray(whole), name);
    }

    /**
     * A view of {@code size} bytes at {@code offset}.
     *
     * @throws CorruptFormatException if they are not wholly within {@code whole}
     */
    public static LittleEndian slice(MemorySegment whole, long offset, long size, String name) {
        if (offset < 0 || size < 0 || size > whole.byteSize() - offset) {
            throw new CorruptFormatException(
                    name,
                    offset,
                    size + " bytes",
                    Math.max(0, whole.byteSize() - offset) + " bytes before the end");
        }
        return new LittleEndian(whole.asSlice(offset, size), offset, name);
    }

    /** A view of a part of this view; errors name {@code partName}. */
    public LittleEndian slice(long offset, long size, String partName) {
        if (offset < 0 || size < 0 || size > bytes.byteSize() - offset) {
            throw new CorruptFormatException(
                    partName,
                    base + offset,
                    size + " bytes",
                    Math.max(0, bytes.byteSize() - offset) + " bytes before the end");
        }
        return new LittleEndian(bytes.asSlice(offset, size), base + offset, partName);
    }

    /** The bytes in view. */
    public MemorySegment segment() {
        return bytes;
    }

    /** The number of bytes in view. */
    public long size() {
        return size;
    }

    /** Where the view begins within the whole. */
    public long base() {
        return base;
    }

    /** The name that errors carry. */
    public String name() {
        return name;
    }

    /** One byte, 0..255. */
    public int u8(long at) {
        check(at, 1);
        return (array != null ? array[start + (int) at] : bytes.get(ValueLayout.JAVA_BYTE, at))
                & 0xff;
    }

    /** Two bytes, 0..65535. */
    public int u16(long at) {
        check(at, 2);
        if (array != null) {
            int from = start + (int) at;
            return (array[from] & 0xff) | (array[from + 1] & 0xff) << 8;
        }
        return bytes.get(U16, at) & 0xffff;
    }

    /** Four bytes, unsigned. */
    public long u32(long at) {
        return bits32(at) & 0xffff_ffffL;
    }

    /** Four bytes, unsigned, as an int; more than {@code Integer.MAX_VALUE} is corrupt. */
    public int u31(long at) {
        long value = u32(at);
        if (value > Integer.MAX_VALUE) {
            throw corrupt(at, "a number below 2^31", Long.toString(value));
        }
        return (int) value;
    }

    /** Four bytes as they are (bits, flags, hashes). */
    public int bits32(long at) {
        check(at, 4);
        return array != null ? get32(array, start + (int) at) : bytes.get(U32, at);
    }

    /** Eight bytes, unsigned; more than {@code Long.MAX_VALUE} is corrupt. */
    public long u64(long at) {
        long value = bits64(at);
        if (value < 0) {
            throw corrupt(at, "a number below 2^63", Long.toUnsignedString(value));
        }
        return value;
    }

    /** Eight bytes as they are (bits, flags, hashes). */
    public long bits64(long at) {
        check(at, 8);
        if (array != null) {
            int from = start + (int) at;
            return (get32(array, from) & 0xffff_ffffL) | (long) get32(array, from + 4) << 32;
        }
        return bytes.get(U64, at);
    }

    /** A copy of {@code length} bytes. */
    public byte[] bytes(long at, int length) {
        check(at, length);
        byte[] copy = new byte[length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, copy, 0, length);
        return copy;
    }

    /**
     * The failure for a wrong value at {@code at}, with the struct's name and the offset within the
     * whole.
     */
    public CorruptFormatException corrupt(long at, String expected, String actual) {
        return new CorruptFormatException(name, base + at, expected, actual);
    }

    /** Writes one byte. */
    public LittleEndian putU8(long at, int value) {
        check(at, 1);
        if (array != null) {
            array[start + (int) at] = (byte) value;
        } else {
            bytes.set(ValueLayout.JAVA_BYTE, at, (byte) value);
        }
        return this;
    }

    /** Writes the low two bytes. */
    public LittleEndian putU16(long at, int value) {
        check(at, 2);
        if (array != null) {
            int to = start + (int) at;
            array[to] = (byte) value;
            array[to + 1] = (byte) (value >>> 8);
        } else {
            bytes.set(U16, at, (short) value);
        }
        return this;
    }

    /** Writes the low four bytes. */
    public LittleEndian putU32(long at, long value) {
        check(at, 4);
        if (array != null) {
            put32(array, start + (int) at, (int) value);
        } else {
            bytes.set(U32, at, (int) value);
        }
        return this;
    }

    /** Writes eight bytes. */
    public LittleEndian putU64(long at, long value) {
        check(at, 8);
        if (array != null) {
            int to = start + (int) at;
            put32(array, to, (int) value);
            put32(array, to + 4, (int) (value >>> 32));
        } else {
            bytes.set(U64, at, value);
        }
        return this;
    }

    /** Writes an array. */
    public LittleEndian putBytes(long at, byte[] value) {
        return putBytes(at, value, 0, value.length);
    }

    /** Writes a part of an array. */
    public LittleEndian putBytes(long at, byte[] value, int from, int length) {
        check(at, length);
        if (array != null) {
            System.arraycopy(value, from, array, start + (int) at, length);
        } else {
            MemorySegment.copy(value, from, bytes, ValueLayout.JAVA_BYTE, at, length);
        }
        return this;
    }

    private static int get32(byte[] source, int from) {
        return (source[from] & 0xff)
                | (source[from + 1] & 0xff) << 8
                | (source[from + 2] & 0xff) << 16
                | source[from + 3] << 24;
    }

    private static void put32(byte[] target, int to, int value) {
        target[to] = (byte) value;
        target[to + 1] = (byte) (value >>> 8);
        target[to + 2] = (byte) (value >>> 16);
        target[to + 3] = (byte) (value >>> 24);
    }

    private void check(long at, long length) {
        if ((at | length) < 0 || length > size - at) {
            throw outside(at, length);
        }
    }

    private CorruptFormatException outside(long at, long length) {
        return new CorruptFormatException(
                name,
                base + at,
                length + " bytes",
                Math.max(0, size - at) + " bytes before the end");
    }
}
