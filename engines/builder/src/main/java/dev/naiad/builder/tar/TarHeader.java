package dev.naiad.builder.tar;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The 512-byte tar header of all dialects (POSIX.1-2017 pax "ustar Interchange Format", GNU tar
 * manual "Basic Tar Format").
 *
 * <pre>
 *   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12 | 148 checksum 8 | 156 type
 * 157 link 100 | 257 magic 6 | 263 version 2 | 265 user 32 | 297 group 32 | 329 major 8 | 337 minor 8 | 345 prefix 155
 * GNU: 345 atime 12 | 357 ctime 12 | 386 sparse 4 x (offset 12, length 12) | 482 more | 483 real size 12
 * </pre>
 */
final class TarHeader {
    static final int SIZE = 512;

    private static final int CHECKSUM = 148;
    private static final int GNU_SPARSE = 386;
    private static final int GNU_SPARSE_MORE = 482;
    private static final int GNU_REAL_SIZE = 483;
    private static final int SPARSE_IN_HEADER = 4;
    private static final int SPARSE_IN_EXTENSION = 21;

    private final byte[] bytes;
    private final long mode;
    private final long uid;
    private final long gid;
    private final long size;
    private final long mtime;

    /** A view of a block, which must not change while the header is in use. */
    TarHeader(byte[] block) {
        bytes = block;
        mode = number(100, 8);
        uid = number(108, 8);
        gid = number(116, 8);
        size = number(124, 12);
        mtime = number(136, 12);
    }

    static boolean isZero(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * Whether the stored checksum is that of the bytes, taken as unsigned or, as very old writers
     * did, signed; the sum itself counts as blanks.
     */
    boolean hasValidChecksum() {
        long stored = number(CHECKSUM, 8);
        int blanks = 8 * ' ';
        int unsigned = sum(bytes, 0, SIZE) - sum(bytes, CHECKSUM, CHECKSUM + 8) + blanks;
        if (stored == unsigned) {
            return true;
        }
        int negative = 0;
        for (int i = 0; i < SIZE; i++) {
            negative += bytes[i] < 0 && (i < CHECKSUM || i >= CHECKSUM + 8) ? 1 : 0;
        }
        return stored == unsigned - 256 * negative;
    }

    /** C2 compiles this one: half a kilobyte for each entry of an archive. scripts/dist */
    private static int sum(byte[] bytes, int from, int to) {
        int sum = 0;
        for (int i = from; i < to; i++) {
            sum += bytes[i] & 0xff;
        }
        return sum;
    }

    char type() {
        return (char) (bytes[156] & 0xff);
    }

    int mode() {
        return (int) mode & 07777;
    }

    long uid() {
        return uid;
    }

    long gid() {
        return gid;
    }

    long size() {
        return size;
    }

    long mtime() {
        return mtime;
    }

    long major() {
        return isUstar() ? number(329, 8) : 0;
    }

    long minor() {
        return isUstar() ? number(337, 8) : 0;
    }

    byte[] linkName() {
        return text(157, 100);
    }

    /** The whole name: POSIX puts its start into the prefix field, where GNU keeps other things. */
    byte[] name() {
        byte[] name = text(0, 100);
        if (bytes[345] == 0 || isGnu() || !isUstar()) {
            return name;
        }
        byte[] prefix = text(345, 155);
        byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + name.length);
        whole[prefix.length] = '/';
        System.arraycopy(name, 0, whole, prefix.length + 1, name.length);
        return whole;
    }

    private boolean isUstar() {
        return bytes[257] == 'u'
                && bytes[258] == 's'
                && bytes[259] == 't'
                && bytes[260] == 'a'
                && bytes[261] == 'r';
    }

    private boolean isGnu() {
        return isUstar() && bytes[262] == ' ';
    }

    /** Old GNU sparse format: the size of the file with its holes. */
    long gnuRealSize() {
        return number(GNU_REAL_SIZE, 12);
    }

    boolean gnuSparseContinues() {
        return bytes[GNU_SPARSE_MORE] != 0;
    }

    void gnuSparse(SparseMap map) {
        sparse(bytes, GNU_SPARSE, SPARSE_IN_HEADER, map);
    }

    /** Reads an extension block of the old GNU sparse format; true if another follows. */
    static boolean gnuSparseExtension(byte[] block, SparseMap map) {
        sparse(block, 0, SPARSE_IN_EXTENSION, map);
        return block[SPARSE_IN_EXTENSION * 24] != 0;
    }

    private static void sparse(byte[] block, int from, int entries, SparseMap map) {
        for (int i = 0; i < entries; i++) {
            int at = from + 24 * i;
            if (block[at + 12] == 0 && block[at] == 0) {
                return;
            }
            map.add(number(block, at, 12), number(block, at + 12, 12));
        }
    }

    private byte[] text(int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0) {
            end++;
        }
        return Arrays.copyOfRange(bytes, from, end);
    }

    private long number(int from, int length) {
        return number(bytes, from, length);
    }

    /**
     * An octal number, or GNU's base 256 where the first bit is set; -1 for anything else (negative
     * base-256 numbers are kept).
     */
    private static long number(byte[] block, int from, int length) {
        if ((block[from] & 0x80) != 0) {
            // Two's complement, big-endian, the marker bit not part of it.
            long value = (block[from] & 0x40) != 0 ? -1 : 0;
            value = value << 6 | (block[from] & 0x3f);
            for (int i = from + 1; i < from + length; i++) {
                if (value > Long.MAX_VALUE >> 8 || value < Long.MIN_VALUE >> 8) {
                    return Long.MIN_VALUE;
                }
                value = value << 8 | (block[i] & 0xff);
            }
            return value;
        }
        int at = from;
        while (at < from + length && (block[at] == ' ' || block[at] == 0)) {
            at++;
        }
        long value = 0;
        for (; at < from + length && block[at] != ' ' && block[at] != 0; at++) {
            if (block[at] < '0' || block[at] > '7') {
                return Long.MIN_VALUE;
            }
            value = value << 3 | (block[at] - '0');
        }
        return value;
    }

    /** The value of a number field that does not hold a number. */
    static boolean isNoNumber(long value) {
        return value == Long.MIN_VALUE;
    }

    @Nullable String badField() {
        if (isNoNumber(mode)) {
            return "mode";
        }
        if (uid < 0) {
            return "uid";
        }
        if (gid < 0) {
            return "gid";
        }
        if (size < 0) {
            return "size";
        }
        return isNoNumber(mtime) ? "mtime" : null;
    }
}
