package dev.naiad.convert.verify;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The fields of a tar header (POSIX.1-2017 pax, GNU tar manual), read without the builder. */
@SuppressWarnings("ArrayRecordComponent") // a view
record TarFields(byte[] block) {
    static final int SIZE = 512;
    static final int SPARSE_IN_HEADER = 386;

    /** Bytes that a string holds one by one. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    boolean isZero() {
        return Arrays.mismatch(block, 0, SIZE, ZERO, 0, SIZE) < 0;
    }

    private static final byte[] ZERO = new byte[SIZE];

    char type() {
        return (char) (block[156] & 0xff);
    }

    boolean isPosix() {
        return "ustar".equals(new String(block, 257, 5, StandardCharsets.ISO_8859_1));
    }

    byte[] name() {
        byte[] name = text(0, 100);
        // GNU's magic is "ustar  ": it keeps times where POSIX has the prefix.
        if (!isPosix() || block[262] == ' ' || block[345] == 0) {
            return name;
        }
        byte[] prefix = text(345, 155);
        byte[] whole = new byte[prefix.length + 1 + name.length];
        System.arraycopy(prefix, 0, whole, 0, prefix.length);
        whole[prefix.length] = '/';
        System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
        return whole;
    }

    byte[] linkName() {
        return text(157, 100);
    }

    private byte[] text(int at, int length) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(block, at, end);
    }

    /** Octal digits, or GNU's base 256; what is neither counts as 0, the builder refuses it. */
    long number(int at, int length) {
        int first = block[at] & 0xff;
        if (first >= 0x80) {
            long value = first == 0xff ? -1 : first & 0x7f;
            for (int i = at + 1; i < at + length; i++) {
                value = (value << 8) | (block[i] & 0xff);
            }
            return value;
        }
        int i = at;
        while (i < at + length && (block[i] == ' ' || block[i] == 0)) {
            i++;
        }
        long value = 0;
        for (; i < at + length && block[i] >= '0' && block[i] <= '7'; i++) {
            value = value * 8 + (block[i] - '0');
        }
        return value;
    }
}
