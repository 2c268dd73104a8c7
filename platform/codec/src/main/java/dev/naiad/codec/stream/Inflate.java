package dev.naiad.codec.stream;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Decompresses deflate data (RFC 1951) at 1.2 times the speed of the JDK's zlib: eight bytes of
 * input at a time, several symbols between refills, copies of eight bytes. Why it is there:
 * docs/decisions/inflate.md. The caller owns the input buffer, moves its content and says where it
 * ends; the output stands in {@link #out} from {@code outStart} to {@code outEnd}, behind up to 32
 * KiB that later data may refer to. For one thread.
 */
final class Inflate {
    /** The input buffer must have this many bytes more than are ever filled. */
    static final int PADDING = 64;

    /** More input than the longest header of a block needs. */
    static final int MIN_INPUT = 1024;

    /** What {@link #run} stopped for. */
    enum Stop {
        /** There is output to take, and no room for more. */
        OUTPUT,
        /** There is too little input left to go on. */
        INPUT,
        /** A block ended and another follows; only if {@link #stopAtBlocks} was asked for. */
        BLOCK,
        /** The data ended; {@link #inputPosition} stands behind it. */
        END
    }

    private static final VarHandle LONGS =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int WINDOW = 32 << 10;
    private static final int OUTPUT = 256 << 10;
    private static final int MAX_MATCH = BlockCodes.MAX_MATCH;
    private static final int LITERAL_BITS = BlockCodes.LITERAL_BITS;
    private static final int DISTANCE_BITS = BlockCodes.DISTANCE_BITS;

    final byte[] out = new byte[WINDOW + OUTPUT + MAX_MATCH + 8];
    int outStart;
    int outEnd;

    private final byte[] in;
    private int inAt;
    private int inEnd;
    private boolean inLast;
    private long bits;
    private int bitCount;

    private final BlockCodes codes = new BlockCodes();
    private boolean inBlock;
    private boolean lastBlock;
    private int stored;
    private int history;

    // A symbol that was decoded and found no room before the target.
    private int heldLiteral = -1;
    private int heldLength;
    private int heldBack;

    private boolean stopsAtBlocks;
    // Where the output stood at the last mark, or -1 when what was before is kept aside.
    private int mark;
    private byte[] beforeMark = new byte[0];

    /** Malformed data. */
    static final class DataException extends Exception {
        private static final long serialVersionUID = 1L;

        DataException(String what) {
            super(what, null, false, false);
        }
    }

    Inflate(byte[] in) {
        this.in = in;
    }

    /** Begins new data; nothing before can be referred to. */
    void reset() {
        bits = 0;
        bitCount = 0;
        inBlock = false;
        lastBlock = false;
        stored = 0;
        outStart = 0;
        outEnd = 0;
        history = 0;
        heldLiteral = -1;
        heldLength = 0;
        mark = 0;
    }

    /**
     * Begins in the middle of data, at the start of a block.
     *
     * @param previousByte the byte before, whose high {@code pendingBits} bits belong to the block
     * @param window the output before, at most 32 KiB
     */
    void resume(int previousByte, int pendingBits, MemorySegment window) {
        reset();
        bits = (long) (previousByte & 0xff) >>> (8 - pendingBits);
        bitCount = pendingBits;
        int length = (int) window.byteSize();
        MemorySegment.copy(window, ValueLayout.JAVA_BYTE, 0, out, 0, length);
        outStart = length;
        outEnd = length;
    }

    /**
     * Makes {@link #run} stop between blocks, and look one symbol ahead when it has reached its
     * target, so that a block that ends there is seen (as zlib does with Z_BLOCK).
     */
    void stopAtBlocks() {
        stopsAtBlocks = true;
    }

    /** Remembers this place, the start of a block, for {@link #windowAtMark}. */
    void mark() {
        mark = outEnd;
    }

    /** A copy of the output before the last mark: 32 KiB, or all that there was. */
    byte[] windowAtMark() {
        return mark < 0 ? beforeMark : window();
    }

    private byte[] window() {
        return Arrays.copyOfRange(out, Math.max(history, mark - WINDOW), mark);
    }

    /** Bits of the byte before {@link #inputPosition} that are not used yet: 0 to 7. */
    int pendingBits() {
        return bitCount & 7;
    }

    /** The byte that holds them, or 0 if there are none. */
    int previousByte() {
        return pendingBits() == 0 ? 0 : in[inputPosition() - 1] & 0xff;
    }

    /**
     * The input stands in the buffer from {@code start} to {@code end}; {@code last} if nothing
     * follows.
     */
    void input(int start, int end, boolean last) {
        inAt = start;
        inEnd = end;
        inLast = last;
        if (last) {
            Arrays.fill(in, end, end + PADDING, (byte) 0);
        }
    }

    /** Where the input that was not used begins; bits of a byte begun are kept inside. */
    int inputPosition() {
        return inAt - (bitCount >>> 3);
    }

    /** Decompresses until it must stop. The output of before must have been taken. */
    Stop run() throws DataException {
        return run(Integer.MAX_VALUE);
    }

    /**
     * Decompresses until it must stop, but no more than {@code most} bytes; OUTPUT when they are
     * there.
     */
    Stop run(int most) throws DataException {
        makeRoom(most);
        int target = (int) Math.min(Integer.MAX_VALUE, (long) outEnd + most);
        giveBack();
        while (true) {
            if (!inBlock) {
                if (lastBlock) {
                    checkOverrun();
                    return Stop.END;
                }
                if (!inLast && inEnd - inAt < MIN_INPUT) {
                    return Stop.INPUT;
                }
                header();
                inBlock = true;
            }
            Stop stop = stored >= 0 ? copyStored(target) : symbols(target);
            giveBack();
            checkOverrun();
            if (stop == Stop.INPUT && inLast) {
                throw new DataException("the data end too early");
            }
            if (stop != Stop.END) {
                return stop;
            }
            inBlock = false;
            if (stopsAtBlocks && !lastBlock) {
                return Stop.BLOCK;
            }
            if (outEnd >= target && !lastBlock) {
                return Stop.OUTPUT;
            }
        }
    }

    private void makeRoom(int most) {
        int keep = Math.min(WINDOW, outEnd - history);
        if (outEnd > WINDOW && WINDOW + OUTPUT - 2 - outEnd < Math.min(most, OUTPUT - 2)) {
            if (stopsAtBlocks && mark >= 0) {
                beforeMark = window();
                mark = -1;
            }
            System.arraycopy(out, outEnd - keep, out, 0, keep);
            history = 0;
            outEnd = keep;
        }
        outStart = outEnd;
    }

    /** Whole bytes in the bit buffer go back, so that the caller may move the input. */
    private void giveBack() {
        inAt -= bitCount >>> 3;
        bitCount &= 7;
        bits &= (1L << bitCount) - 1;
    }

    private void checkOverrun() throws DataException {
        if (inputPosition() > inEnd) {
            throw new DataException("the data end too early");
        }
    }

    void refill() throws DataException {
        if (inAt > inEnd + PADDING - 8) {
            throw new DataException("the data end too early");
        }
        bits |= (long) LONGS.get(in, inAt) << bitCount;
        inAt += (63 - bitCount) >>> 3;
        bitCount |= 56;
    }

    long bits() {
        return bits;
    }

    int take(int n) {
        int value = (int) bits & ((1 << n) - 1);
        bits >>>= n;
        bitCount -= n;
        return value;
    }

    private void header() throws DataException {
        refill();
        lastBlock = take(1) == 1;
        int type = take(2);
        stored = -1;
        switch (type) {
            case 0 -> storedHeader();
            case 1 -> codes.fixed();
            case 2 -> codes.dynamic(this);
            default -> throw new DataException("invalid block type");
        }
    }

    private void storedHeader() throws DataException {
        take(bitCount & 7);
        refill();
        int length = take(16);
        int inverted = take(16);
        if ((length ^ inverted) != 0xffff) {
            throw new DataException("invalid stored block lengths");
        }
        stored = length;
        giveBack();
        checkOverrun();
    }

    private Stop copyStored(int target) {
        int limit = Math.min(target, WINDOW + OUTPUT);
        int n = Math.min(stored, Math.min(inEnd - inAt, Math.max(0, limit - outEnd)));
        System.arraycopy(in, inAt, out, outEnd, n);
        inAt += n;
        outEnd += n;
        stored -= n;
        if (stored == 0) {
            return Stop.END;
        }
        return outEnd >= limit ? Stop.OUTPUT : Stop.INPUT;
    }

    /** The symbols of a block up to the target: fast, and the last ones one by one. */
    private Stop symbols(int target) throws DataException {
        int limit = Math.min(WINDOW + OUTPUT, target - MAX_MATCH) - 2;
        if (heldLiteral < 0 && heldLength == 0 && outEnd < limit) {
            Stop stop = manySymbols(limit);
            if (stop != Stop.OUTPUT) {
                return stop;
            }
            giveBack();
        }
        boolean full = outEnd >= WINDOW + OUTPUT - 2 && outEnd < target;
        return full ? Stop.OUTPUT : fewSymbols(target);
    }

    private Stop fewSymbols(int target) throws DataException {
        while (true) {
            if (heldLength > 0) {
                int n = Math.min(heldLength, target - outEnd);
                copy(out, outEnd, heldBack, n);
                outEnd += n;
                heldLength -= n;
            } else if (heldLiteral >= 0 && outEnd < target) {
                out[outEnd++] = (byte) heldLiteral;
                heldLiteral = -1;
            }
            boolean ahead = outEnd >= target;
            if (ahead && (!stopsAtBlocks || heldLength > 0 || heldLiteral >= 0)) {
                return Stop.OUTPUT;
            }
            if (inAt > inEnd + (inLast ? PADDING : 0) - 24) {
                return Stop.INPUT;
            }
            if (!symbol()) {
                return Stop.END;
            }
        }
    }

    /** Decodes one symbol, which is then held; false at the end of the block. */
    private boolean symbol() throws DataException {
        refill();
        int entry = entry(codes.literals, LITERAL_BITS);
        if (entry < 0) {
            heldLiteral = entry >>> 16 & 0xff;
            return true;
        }
        if ((entry & HuffmanTable.INVALID) != 0) {
            throw new DataException("invalid literal/length code");
        }
        if ((entry & HuffmanTable.EXCEPTION) != 0) {
            giveBack();
            return false;
        }
        int length = (entry >>> 16) + take(entry >>> 8 & 0x1f);
        refill();
        entry = entry(codes.distances, DISTANCE_BITS);
        if ((entry & HuffmanTable.EXCEPTION) != 0) {
            throw new DataException("invalid distance code");
        }
        heldBack = (entry >>> 16) + take(entry >>> 8 & 0x1f);
        if (heldBack > outEnd - history) {
            throw new DataException("invalid distance too far back");
        }
        heldLength = length;
        giveBack();
        return true;
    }

    /** The entry of the next code, whose bits are taken. */
    private int entry(HuffmanTable table, int tableBits) {
        int entry = table.entries[(int) bits & ((1 << tableBits) - 1)];
        if (entry >= 0 && (entry & HuffmanTable.SECOND) != 0) {
            take(tableBits);
            entry =
                    table.entries[
                            (entry >>> 16) + ((int) bits & ((1 << (entry >>> 8 & 0x1f)) - 1))];
        }
        if (entry < 0 || (entry & HuffmanTable.INVALID) == 0) {
            take(entry & 0x3f);
        }
        return entry;
    }

    /**
     * The symbols of a block. State lives in locals; between two refills there are at least 56
     * bits, enough for two literals of the main table and a length with its extra bits, and after
     * another one for a distance.
     */
    private Stop manySymbols(int outLimit) throws DataException {
        byte[] in = this.in;
        byte[] out = this.out;
        int[] literal = codes.literals.entries;
        int[] distance = codes.distances.entries;
        long bits = this.bits;
        int bitCount = this.bitCount;
        int inAt = this.inAt;
        int at = this.outEnd;
        // Two refills move on by at most 16 bytes.
        int inLimit = inEnd + (inLast ? PADDING : 0) - 24;
        Stop stop = Stop.OUTPUT;
        while (at < outLimit) {
            if (inAt > inLimit) {
                stop = Stop.INPUT;
                break;
            }
            bits |= (long) LONGS.get(in, inAt) << bitCount;
            inAt += (63 - bitCount) >>> 3;
            bitCount |= 56;
            int entry = literal[(int) bits & ((1 << LITERAL_BITS) - 1)];
            if (entry < 0) {
                out[at++] = (byte) (entry >>> 16);
                bits >>>= entry;
                bitCount -= entry & 0x3f;
                entry = literal[(int) bits & ((1 << LITERAL_BITS) - 1)];
                if (entry < 0) {
                    out[at++] = (byte) (entry >>> 16);
                    bits >>>= entry;
                    bitCount -= entry & 0x3f;
                    entry = literal[(int) bits & ((1 << LITERAL_BITS) - 1)];
                    if (entry < 0) {
                        out[at++] = (byte) (entry >>> 16);
                        bits >>>= entry;
                        bitCount -= entry & 0x3f;
                        continue;
                    }
                }
            }
            if ((entry & HuffmanTable.EXCEPTION) != 0) {
                if ((entry & HuffmanTable.SECOND) != 0) {
                    bits >>>= LITERAL_BITS;
                    bitCount -= LITERAL_BITS;
                    entry =
                            literal[
                                    (entry >>> 16)
                                            + ((int) bits & ((1 << ((entry >>> 8) & 0x1f)) - 1))];
                    if (entry < 0) {
                        out[at++] = (byte) (entry >>> 16);
                        bits >>>= entry;
                        bitCount -= entry & 0x3f;
                        continue;
                    }
                }
                if ((entry & HuffmanTable.INVALID) != 0) {
                    throw new DataException("invalid literal/length code");
                }
                if ((entry & HuffmanTable.EXCEPTION) != 0) {
                    bits >>>= entry;
                    bitCount -= entry & 0x3f;
                    stop = Stop.END;
                    break;
                }
            }
            bits >>>= entry;
            bitCount -= entry & 0x3f;
            int extra = (entry >>> 8) & 0x1f;
            int length = (entry >>> 16) + ((int) bits & ((1 << extra) - 1));
            bits >>>= extra;
            bitCount -= extra;

            bits |= (long) LONGS.get(in, inAt) << bitCount;
            inAt += (63 - bitCount) >>> 3;
            bitCount |= 56;
            entry = distance[(int) bits & ((1 << DISTANCE_BITS) - 1)];
            if ((entry & HuffmanTable.EXCEPTION) != 0) {
                if ((entry & HuffmanTable.SECOND) != 0) {
                    bits >>>= DISTANCE_BITS;
                    bitCount -= DISTANCE_BITS;
                    entry =
                            distance[
                                    (entry >>> 16)
                                            + ((int) bits & ((1 << ((entry >>> 8) & 0x1f)) - 1))];
                }
                if ((entry & HuffmanTable.EXCEPTION) != 0) {
                    throw new DataException("invalid distance code");
                }
            }
            bits >>>= entry;
            bitCount -= entry & 0x3f;
            extra = (entry >>> 8) & 0x1f;
            int back = (entry >>> 16) + ((int) bits & ((1 << extra) - 1));
            bits >>>= extra;
            bitCount -= extra;
            if (back > at - history) {
                throw new DataException("invalid distance too far back");
            }
            copy(out, at, back, length);
            at += length;
        }
        this.bits = bits;
        this.bitCount = bitCount;
        this.inAt = inAt;
        this.outEnd = at;
        return stop;
    }

    /**
     * Repeats what stands {@code back} bytes before; may write up to seven bytes more, which the
     * next output covers.
     */
    private static void copy(byte[] out, int at, int back, int length) {
        int from = at - back;
        int end = at + length;
        if (back >= 8) {
            for (int to = at; to < end; to += 8, from += 8) {
                LONGS.set(out, to, (long) LONGS.get(out, from));
            }
        } else if (back == 1) {
            Arrays.fill(out, at, end, out[from]);
        } else {
            for (int to = at; to < end; to++, from++) {
                out[to] = out[from];
            }
        }
    }
}
