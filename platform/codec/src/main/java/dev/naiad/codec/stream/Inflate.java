package dev.naiad.codec.stream;

import java.lang.foreign.MemorySegment;

/**
 * Decompresses deflate data (RFC 1951): eight bytes of input at a time, several symbols between
 * refills, copies of eight bytes. Why it is there: docs/decisions/inflate.md. The caller owns the
 * input buffer, moves its content and says where it ends. For one thread.
 */
final class Inflate {
    /** The input buffer must have this many bytes more than are ever filled. */
    static final int PADDING = BitInput.PADDING;

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
        /** The data ended; {@link #inputPosition} is just after it. */
        END
    }

    /** What came out last, to be taken before the next {@link #run}. */
    final InflatedBytes out = new InflatedBytes();

    private final BitInput in;
    private final BlockCodes codes = new BlockCodes();
    private final BlockDecoder decoder;
    private boolean inBlock;
    private boolean lastBlock;

    // Bytes of a stored block that are still to come, or -1 in a block of symbols.
    private int stored;
    private boolean stopsAtBlocks;

    /** Malformed data. */
    static final class DataException extends Exception {
        private static final long serialVersionUID = 1L;

        DataException(String what) {
            super(what, null, false, false);
        }
    }

    Inflate(byte[] in) {
        this.in = new BitInput(in);
        this.decoder = new BlockDecoder(this.in, codes, out);
    }

    /** Begins new data; nothing before can be referred to. */
    void reset() {
        in.begin(0, 0);
        decoder.clear();
        out.clear();
        inBlock = false;
        lastBlock = false;
        stored = 0;
    }

    /**
     * Begins in the middle of data, at the start of a block.
     *
     * @param previousByte the byte before, whose high {@code pendingBits} bits belong to the block
     * @param window the output before, at most 32 KiB
     */
    void resume(int previousByte, int pendingBits, MemorySegment window) {
        reset();
        in.begin(previousByte, pendingBits);
        out.begin(window);
    }

    /**
     * Makes {@link #run} stop between blocks, and look one symbol ahead when it has reached its
     * target, so that a block that ends there is seen (as zlib does with Z_BLOCK).
     */
    void stopAtBlocks() {
        stopsAtBlocks = true;
    }

    /** Bits of the byte before {@link #inputPosition} that are not used yet: 0 to 7. */
    int pendingBits() {
        return in.count & 7;
    }

    /** The byte that holds them, or 0 if there are none. */
    int previousByte() {
        return pendingBits() == 0 ? 0 : in.bytes[inputPosition() - 1] & 0xff;
    }

    /**
     * The input is in the buffer from {@code start} to {@code end}; {@code last} if nothing
     * follows.
     */
    void input(int start, int end, boolean last) {
        in.set(start, end, last);
    }

    /** Where the input that was not used begins; bits of a byte begun are kept inside. */
    int inputPosition() {
        return in.position();
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
        out.makeRoom(most, stopsAtBlocks);
        int target = (int) Math.min(Integer.MAX_VALUE, (long) out.end + most);
        while (true) {
            if (!inBlock) {
                if (lastBlock) {
                    in.checkOverrun();
                    return Stop.END;
                }
                if (!in.isLast() && in.available() < MIN_INPUT) {
                    return Stop.INPUT;
                }
                header();
                inBlock = true;
            }
            Stop stop = stored >= 0 ? copyStored(target) : decoder.run(target, stopsAtBlocks);
            in.giveBack();
            in.checkOverrun();
            if (stop == Stop.INPUT && in.isLast()) {
                throw new DataException("the data end too early");
            }
            if (stop != Stop.END) {
                return stop;
            }
            inBlock = false;
            if (stopsAtBlocks && !lastBlock) {
                return Stop.BLOCK;
            }
            if (out.end >= target && !lastBlock) {
                return Stop.OUTPUT;
            }
        }
    }

    private void header() throws DataException {
        in.refill();
        lastBlock = in.take(1) == 1;
        int type = in.take(2);
        stored = -1;
        switch (type) {
            case 0 -> storedHeader();
            case 1 -> codes.fixed();
            case 2 -> codes.dynamic(in);
            default -> throw new DataException("invalid block type");
        }
    }

    private void storedHeader() throws DataException {
        in.align();
        in.refill();
        int length = in.take(16);
        int inverted = in.take(16);
        if ((length ^ inverted) != 0xffff) {
            throw new DataException("invalid stored block lengths");
        }
        stored = length;
        in.checkOverrun();
    }

    private Stop copyStored(int target) {
        int limit = Math.min(target, InflatedBytes.WINDOW + InflatedBytes.CAPACITY);
        int n = in.copyTo(out.bytes, out.end, Math.min(stored, Math.max(0, limit - out.end)));
        out.end += n;
        stored -= n;
        if (stored == 0) {
            return Stop.END;
        }
        return out.end >= limit ? Stop.OUTPUT : Stop.INPUT;
    }
}
