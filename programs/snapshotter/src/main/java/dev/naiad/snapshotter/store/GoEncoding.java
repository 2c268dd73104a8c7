package dev.naiad.snapshotter.store;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Instant;

/**
 * The value encodings of Go's standard library that containerd stores: varints and binary times.
 */
final class GoEncoding {
    /** Seconds from 1 January of the year 1 to the Unix epoch. */
    private static final long YEAR_ONE = 62_135_596_800L;

    private static final int TIME_SIZE = 15;
    private static final short UTC = -1;

    private GoEncoding() {}

    static byte[] unsigned(long value) {
        var out = new ByteArrayOutputStream(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            out.write((int) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return out.toByteArray();
    }

    static long unsigned(byte[] bytes) {
        long value = 0;
        for (int i = 0; i < bytes.length && i < 10; i++) {
            value |= (bytes[i] & 0x7fL) << (7 * i);
            if (bytes[i] >= 0) {
                return value;
            }
        }
        throw new NaiadException(
                ErrorKind.DATA_LOSS,
                "metadata.db: a number of " + bytes.length + " bytes does not end");
    }

    static byte[] signed(long value) {
        return unsigned((value << 1) ^ (value >> 63));
    }

    static long signed(byte[] bytes) {
        long raw = unsigned(bytes);
        return (raw >>> 1) ^ -(raw & 1);
    }

    /**
     * Big-endian: version 1, seconds since the year 1, nanoseconds, offset in minutes (-1: UTC).
     */
    static byte[] time(Instant time) {
        return ByteBuffer.allocate(TIME_SIZE)
                .put((byte) 1)
                .putLong(time.getEpochSecond() + YEAR_ONE)
                .putInt(time.getNano())
                .putShort(UTC)
                .array();
    }

    static Instant time(byte[] bytes) {
        if (bytes.length < TIME_SIZE || (bytes[0] != 1 && bytes[0] != 2)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, "metadata.db: a time of " + bytes.length + " bytes");
        }
        var at = ByteBuffer.wrap(bytes, 1, TIME_SIZE - 1);
        return Instant.ofEpochSecond(at.getLong() - YEAR_ONE, at.getInt());
    }
}
