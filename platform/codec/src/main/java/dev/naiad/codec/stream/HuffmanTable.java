package dev.naiad.codec.stream;

import java.util.Arrays;

/**
 * A look-up table for one alphabet of deflate (RFC 1951, section 3.2). The next bits index the main
 * table; longer codes go through a second table. An entry is an int:
 *
 * <table>
 * <caption>Entry</caption>
 * <tr><td>literal</td><td>sign bit, byte from bit 16, code length in bits 0..5</td></tr>
 * <tr><td>length or distance</td><td>base from bit 16, number of extra bits from bit 8, code length in bits 0..5</td></tr>
 * <tr><td>second table</td><td>{@link #EXCEPTION}, {@link #SECOND}, its offset from bit 16, its index bits from bit 8, main index bits in bits 0..5</td></tr>
 * <tr><td>end of block</td><td>{@link #EXCEPTION}, code length in bits 0..5</td></tr>
 * <tr><td>no code</td><td>{@link #EXCEPTION}, {@link #INVALID}</td></tr>
 * </table>
 *
 * Accepts what zlib accepts: complete codes, none at all, and a single code of one bit. For one
 * thread.
 */
final class HuffmanTable {
    static final int EXCEPTION = 0x8000;
    static final int SECOND = 0x4000;
    static final int INVALID = 0x2000;
    static final int LITERAL = 0x8000_0000;

    private static final int MAX_LENGTH = 15;

    final int[] entries;
    private final int bits;
    private final int[] symbols;
    private final int[] counts = new int[MAX_LENGTH + 1];
    private final int[] firstCodes = new int[MAX_LENGTH + 2];
    private final int[] longest;

    /**
     * @param bits that index the main table
     * @param symbols the entry of each symbol without its code length
     */
    HuffmanTable(int bits, int[] symbols) {
        this.bits = bits;
        this.symbols = symbols;
        this.longest = new int[1 << bits];
        // All second tables together have no more entries than the longest codes of all symbols
        // span.
        this.entries = new int[(1 << bits) + symbols.length * (1 << (MAX_LENGTH - bits))];
    }

    /**
     * Makes the table for code lengths of the first {@code n} symbols; false if they are no code.
     */
    boolean build(byte[] lengths, int offset, int n) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < n; i++) {
            counts[lengths[offset + i]]++;
        }
        int left = 1;
        int code = 0;
        int used = 0;
        int max = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            left = 2 * left - counts[length];
            if (left < 0) {
                return false;
            }
            code = (code + (length == 1 ? 0 : counts[length - 1])) << 1;
            firstCodes[length] = code;
            used += counts[length];
            max = counts[length] > 0 ? length : max;
        }
        if (left > 0 && used > 0 && max != 1) {
            return false;
        }
        if (left > 0) {
            Arrays.fill(entries, 0, 1 << bits, EXCEPTION | INVALID);
        }
        fill(lengths, offset, n, max);
        return true;
    }

    private void fill(byte[] lengths, int offset, int n, int max) {
        if (max > bits) {
            secondTables(lengths, offset, n);
        }
        for (int symbol = 0; symbol < n; symbol++) {
            int length = lengths[offset + symbol];
            if (length == 0) {
                continue;
            }
            int reversed = Integer.reverse(firstCodes[length]++) >>> (32 - length);
            if (length <= bits) {
                spread(0, 1 << bits, reversed, length, symbols[symbol] | length);
            } else {
                int second = entries[reversed & ((1 << bits) - 1)];
                int size = 1 << ((second >>> 8) & 0x1f);
                spread(
                        second >>> 16,
                        size,
                        reversed >>> bits,
                        length - bits,
                        symbols[symbol] | (length - bits));
            }
        }
    }

    private void spread(int table, int size, int from, int length, int entry) {
        for (int at = from; at < size; at += 1 << length) {
            entries[table + at] = entry;
        }
    }

    /**
     * Gives each prefix of the codes longer than the main index a second table as large as its
     * longest code needs.
     */
    private void secondTables(byte[] lengths, int offset, int n) {
        Arrays.fill(longest, 0);
        int[] next = Arrays.copyOf(firstCodes, firstCodes.length);
        for (int symbol = 0; symbol < n; symbol++) {
            int length = lengths[offset + symbol];
            if (length > 0) {
                int reversed = Integer.reverse(next[length]++) >>> (32 - length);
                int prefix = reversed & ((1 << bits) - 1);
                if (length > bits) {
                    longest[prefix] = Math.max(longest[prefix], length - bits);
                }
            }
        }
        int end = 1 << bits;
        for (int prefix = 0; prefix < 1 << bits; prefix++) {
            if (longest[prefix] > 0) {
                entries[prefix] = EXCEPTION | SECOND | (end << 16) | (longest[prefix] << 8) | bits;
                end += 1 << longest[prefix];
            }
        }
    }
}
