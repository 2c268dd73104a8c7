package dev.naiad.codec.stream;

import java.util.Arrays;

/** The Huffman codes of a deflate block (RFC 1951, section 3.2). For one thread. */
final class BlockCodes {
    /** What indexes the main tables. */
    static final int LITERAL_BITS = 11;

    static final int DISTANCE_BITS = 9;

    static final int MAX_MATCH = 258;

    private static final int CODE_BITS = 7;
    private static final int END_OF_BLOCK = 256;
    private static final byte[] CODE_ORDER = {
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
    };
    private static final int[] LITERALS = literals();
    private static final int[] DISTANCES = distances();
    private static final int[] CODES = codes();

    final HuffmanTable literals = new HuffmanTable(LITERAL_BITS, LITERALS);
    final HuffmanTable distances = new HuffmanTable(DISTANCE_BITS, DISTANCES);

    private final HuffmanTable codes = new HuffmanTable(CODE_BITS, CODES);
    private final byte[] lengths = new byte[320 + 138];

    private static int[] literals() {
        var symbols = new int[288];
        for (int i = 0; i < 256; i++) {
            symbols[i] = HuffmanTable.LITERAL | (i << 16);
        }
        symbols[END_OF_BLOCK] = HuffmanTable.EXCEPTION | HuffmanTable.END;
        int base = 3;
        for (int i = 257; i < 285; i++) {
            int extra = i < 265 ? 0 : (i - 261) / 4;
            symbols[i] = base << 16 | extra;
            base += 1 << extra;
        }
        symbols[285] = MAX_MATCH << 16;
        symbols[286] = HuffmanTable.EXCEPTION;
        symbols[287] = HuffmanTable.EXCEPTION;
        return symbols;
    }

    private static int[] distances() {
        var symbols = new int[32];
        int base = 1;
        for (int i = 0; i < 30; i++) {
            int extra = i < 4 ? 0 : (i - 2) / 2;
            symbols[i] = base << 16 | extra;
            base += 1 << extra;
        }
        symbols[30] = HuffmanTable.EXCEPTION;
        symbols[31] = HuffmanTable.EXCEPTION;
        return symbols;
    }

    private static int[] codes() {
        var symbols = new int[19];
        for (int i = 0; i < symbols.length; i++) {
            symbols[i] = i << 16;
        }
        return symbols;
    }

    /** The codes that the format gives. */
    void fixed() throws DeflateDataException {
        Arrays.fill(lengths, 0, 144, (byte) 8);
        Arrays.fill(lengths, 144, 256, (byte) 9);
        Arrays.fill(lengths, 256, 280, (byte) 7);
        Arrays.fill(lengths, 280, 288, (byte) 8);
        boolean built = literals.build(lengths, 0, 288);
        Arrays.fill(lengths, 0, 32, (byte) 5);
        if (!distances.build(lengths, 0, 32) || !built) {
            throw new DeflateDataException("invalid fixed codes");
        }
    }

    /** Reads the codes that a block brings. */
    void dynamic(BitInput in) throws DeflateDataException {
        int literalCount = 257 + in.take(5);
        int distanceCount = 1 + in.take(5);
        int codeCount = 4 + in.take(4);
        if (literalCount > 286 || distanceCount > 30) {
            throw new DeflateDataException("too many length or distance symbols");
        }
        Arrays.fill(lengths, 0, 19, (byte) 0);
        for (int i = 0; i < codeCount; i++) {
            in.refill();
            lengths[CODE_ORDER[i]] = (byte) in.take(3);
        }
        if (!completeCode() || !codes.build(lengths, 0, 19)) {
            throw new DeflateDataException("invalid code lengths set");
        }
        readLengths(in, literalCount + distanceCount);
        if (lengths[END_OF_BLOCK] == 0) {
            throw new DeflateDataException("missing end-of-block");
        }
        if (!literals.build(lengths, 0, literalCount)) {
            throw new DeflateDataException("invalid literal/lengths set");
        }
        if (!distances.build(lengths, literalCount, distanceCount)) {
            throw new DeflateDataException("invalid distances set");
        }
    }

    /** The code of code lengths must be complete, whatever else is allowed for the others. */
    private boolean completeCode() {
        int sum = 0;
        for (int i = 0; i < 19; i++) {
            sum += lengths[i] == 0 ? 0 : 128 >> lengths[i];
        }
        return sum == 128;
    }

    private void readLengths(BitInput in, int count) throws DeflateDataException {
        int at = 0;
        while (at < count) {
            in.refill();
            int entry = codes.entries[(int) in.bits & ((1 << CODE_BITS) - 1)];
            in.take(entry & 0x3f);
            int code = entry >>> 16;
            if (code < 16) {
                lengths[at++] = (byte) code;
                continue;
            }
            if (code == 16 && at == 0) {
                throw new DeflateDataException("invalid bit length repeat");
            }
            byte repeated = code == 16 ? lengths[at - 1] : 0;
            int times = code == 16 ? 3 + in.take(2) : code == 17 ? 3 + in.take(3) : 11 + in.take(7);
            if (at + times > count) {
                throw new DeflateDataException("invalid bit length repeat");
            }
            Arrays.fill(lengths, at, at + times, repeated);
            at += times;
        }
    }
}
