package dev.naiad.codec.stream;

import java.util.Arrays;

/**
 * A look-up table for one alphabet of deflate (RFC 1951, section 3.2). The next bits index the main
 * table; longer codes go through a second table. An entry is an int:
 *
 * <table>
 * <caption>Entry</caption>
 * <tr><td>literal</td><td>sign bit, byte from bit 16, code length in bits 0..5</td></tr>
 * <tr><td>length or distance</td><td>base from bit 16, code length from bit 8, code length and number of extra bits together in bits 0..5</td></tr>
 * <tr><td>second table</td><td>{@link #EXCEPTION}, {@link #SECOND}, its offset from bit 16, its index bits in bits 0..5</td></tr>
 * <tr><td>end of block</td><td>{@link #EXCEPTION}, {@link #END}, code length in bits 0..5</td></tr>
 * <tr><td>no code</td><td>{@link #EXCEPTION}</td></tr>
 * </table>
 *
 * An entry can be shifted by as it is, since shifts look at five or six bits only. Accepts what
 * zlib accepts: complete codes, none at all, and a single code of one bit. For one thread.
 */
final class HuffmanTable {
    static final int LITERAL = 0x8000_0000;
    static final int EXCEPTION = 0x8000;
    static final int SECOND = 0x4000;
    static final int END = 0x2000;

    private static final int MAX_LENGTH = 15;

    /** The code length, at both its places. */
    private static final int PER_BIT = 1 | 1 << 8;

    final int[] entries;
    private final int bits;
    private final int[] symbols;
    private final int[] counts = new int[MAX_LENGTH + 1];
    private final int[] places = new int[MAX_LENGTH + 2];
    private final short[] sorted;

    /**
     * @param bits that index the main table
     * @param symbols the entry of each symbol without its code length
     */
    HuffmanTable(int bits, int[] symbols) {
        this.bits = bits;
        this.symbols = symbols;
        this.sorted = new short[symbols.length];
        // Each second table begins with a code of its own.
        this.entries = new int[(1 << bits) + symbols.length * (1 << (MAX_LENGTH - bits))];
    }

    /**
     * Makes the table for code lengths of the first {@code n} symbols; false if they do not form a
     * code.
     */
    boolean build(byte[] lengths, int offset, int n) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < n; i++) {
            counts[lengths[offset + i]]++;
        }
        int left = 1;
        int max = 0;
        places[1] = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            left = 2 * left - counts[length];
            if (left < 0) {
                return false;
            }
            places[length + 1] = places[length] + counts[length];
            max = counts[length] > 0 ? length : max;
        }
        if (left > 0) {
            if (max > 1) {
                return false;
            }
            Arrays.fill(entries, 0, 1 << bits, EXCEPTION);
        }
        for (int i = 0; i < n; i++) {
            int length = lengths[offset + i];
            if (length > 0) {
                sorted[places[length]++] = (short) i;
            }
        }
        fill(max);
        return true;
    }

    /**
     * Takes the codes from the shortest to the longest: a table for codes of up to n bits is twice
     * the table for codes of up to n - 1 bits, and the codes of n bits.
     */
    private void fill(int max) {
        int code = 0;
        int at = 0;
        for (int length = 1; length <= bits; length++) {
            int half = 1 << (length - 1);
            if (at > 0) {
                System.arraycopy(entries, 0, entries, half, half);
            }
            code <<= 1;
            for (int end = at + counts[length]; at < end; at++) {
                entries[reversed(code++, length)] = symbols[sorted[at]] + length * PER_BIT;
            }
        }
        if (max > bits) {
            fillSecond(max, code, at);
        }
    }

    private static int reversed(int code, int length) {
        return Integer.reverse(code) >>> (32 - length);
    }

    /**
     * Codes that begin with the same bits follow each other; they get a table of their own, which
     * the longest code of all would fit in.
     */
    private void fillSecond(int max, int firstCode, int first) {
        int size = 1 << (max - bits);
        int prefix = -1;
        int table = (1 << bits) - size;
        int code = firstCode;
        int at = first;
        for (int length = bits + 1; length <= max; length++) {
            code <<= 1;
            int more = length - bits;
            for (int end = at + counts[length]; at < end; at++) {
                int reversed = reversed(code++, length);
                if ((reversed & ((1 << bits) - 1)) != prefix) {
                    prefix = reversed & ((1 << bits) - 1);
                    table += size;
                    entries[prefix] = EXCEPTION | SECOND | table << 16 | (max - bits);
                }
                int entry = symbols[sorted[at]] + more * PER_BIT;
                for (int i = reversed >>> bits; i < size; i += 1 << more) {
                    entries[table + i] = entry;
                }
            }
        }
    }
}
