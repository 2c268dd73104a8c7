package dev.naiad.convert.verify;

import java.util.Arrays;

/** The fields of a tar header (POSIX.1-2017 pax, GNU tar manual), read without the builder. */
@SuppressWarnings("ArrayRecordComponent") // a view
record TarFields(byte[] block) {
    static final int SIZE = 512;
    static final int SPARSE_IN_HEADER = 386;
    private static final int PREFIX = 345;
    private static final byte[] ZERO = new byte[SIZE];

    boolean isZero() {
        return block[0] == 0 && Arrays.mismatch(block, 0, SIZE, ZERO, 0, SIZE) < 0;
    }

    boolean isNul(int at) {
        return block[at] == 0;
    }

    char type() {
        return (char) (block[156] & 0xff);
    }

    boolean isPosix() {
        return block[257] == 'u'
                && block[258] == 's'
                && block[259] == 't'
                && block[260] == 'a'
                && block[261] == 'r';
    }

    /** GNU's magic is "ustar ": it keeps times where POSIX has the prefix. */
    private boolean hasPrefix() {
        return isPosix() && block[262] != ' ' && block[PREFIX] != 0;
    }

    void name(PathParts path) {
        path.clear();
        if (hasPrefix()) {
            path.append(block, PREFIX, end(PREFIX, 155));
        }
        path.append(block, 0, end(0, 100));
    }

    boolean nameEndsWithSlash() {
        int end = end(0, 100);
        return end == 0 ? hasPrefix() : block[end - 1] == '/';
    }

    byte[] linkName() {
        return Arrays.copyOfRange(block, 157, end(157, 100));
    }

    private int end(int at, int length) {
        int end = at;
        while (end < at + length && block[end] != 0) {
            end++;
        }
        return end;
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
