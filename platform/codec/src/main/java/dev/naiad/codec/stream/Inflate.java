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
    InflateStop run() throws DeflateDataException {
        return run(Integer.MAX_VALUE);
    }

    /**
     * Decompresses until it must stop, but no more than {@code most} bytes; OUTPUT when they are
     * there.
     */
    InflateStop run(int most) throws DeflateDataException {
        out.makeRoom(most, stopsAtBlocks);
        int target = (int) Math.min(Integer.MAX_VALUE, (long) out.end + most);
        while (true) {
            if (!inBlock) {
                if (lastBlock) {
                    in.checkOverrun();
                    return InflateStop.END;
                }
                if (!in.isLast() && in.available() < MIN_INPUT) {
                    return InflateStop.INPUT;
                }
                header();
                inBlock = true;
            }
            InflateStop stop =
                    stored >= 0 ? copyStored(target) : decoder.run(target, stopsAtBlocks);
            in.giveBack();
            in.checkOverrun();
            if (stop == InflateStop.INPUT && in.isLast()) {
                throw new DeflateDataException("the data end too early");
            }
            if (stop != InflateStop.END) {
                return stop;
            }
            inBlock = false;
            if (stopsAtBlocks && !lastBlock) {
                return InflateStop.BLOCK;
            }
            if (out.end >= target && !lastBlock) {
                return InflateStop.OUTPUT;
            }
        }
    }

    private void header() throws DeflateDataException {
        in.refill();
        lastBlock = in.take(1) == 1;
        int type = in.take(2);
        stored = -1;
        switch (type) {
            case 0 -> storedHeader();
            case 1 -> codes.fixed();
            case 2 -> codes.dynamic(in);
            default -> throw new DeflateDataException("invalid block type");
        }
    }

    private void storedHeader() throws DeflateDataException {
        in.align();
        in.refill();
        int length = in.take(16);
        int inverted = in.take(16);
        if ((length ^ inverted) != 0xffff) {
            throw new DeflateDataException("invalid stored block lengths");
        }
        stored = length;
        in.checkOverrun();
    }

    private InflateStop copyStored(int target) {
        int limit = Math.min(target, InflatedBytes.WINDOW + InflatedBytes.CAPACITY);
        int n = in.copyTo(out.bytes, out.end, Math.min(stored, Math.max(0, limit - out.end)));
        out.end += n;
        stored -= n;
        if (stored == 0) {
            return InflateStop.END;
        }
        return out.end >= limit ? InflateStop.OUTPUT : InflateStop.INPUT;
    }
}
