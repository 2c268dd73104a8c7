package dev.naiad.codec.stream;

import java.lang.invoke.VarHandle;

/**
 * Decodes the symbols of a deflate block: as long as there is plenty of input and room many at
 * once, and one by one where it may have to stop. For one thread.
 */
final class BlockDecoder {
    private static final VarHandle LONGS = BitInput.LONGS;
    private static final int LITERAL_MASK = (1 << BlockCodes.LITERAL_BITS) - 1;
    private static final int DISTANCE_MASK = (1 << BlockCodes.DISTANCE_BITS) - 1;

    /**
     * The first calls of {@link #many} are short, so that it is compiled as a whole rather than for
     * the middle of its loop, and when its ends have been seen: compiling it once more costs as
     * much as decoding 50 MB.
     */
    private static final int SHORT_STRETCHES = 1200;

    private static final int SHORT_STRETCH = 512;

    private final BitInput in;
    private final BlockCodes codes;
    private final InflatedBytes out;

    // A symbol that was decoded and found no room before the target.
    private int heldLiteral = -1;
    private int heldLength;
    private int heldBack;

    private int shortStretches;

    BlockDecoder(BitInput in, BlockCodes codes, InflatedBytes out) {
        this.in = in;
        this.codes = codes;
        this.out = out;
    }

    /** Forgets what was begun. */
    void clear() {
        heldLiteral = -1;
        heldLength = 0;
    }

    /**
     * Decodes until the output ends at {@code target}, or is full, or something else stops it.
     *
     * @param ahead look one symbol further at the target, to see a block that ends there
     */
    InflateStop run(int target, boolean ahead) throws DeflateDataException {
        int limit =
                Math.min(
                        InflatedBytes.WINDOW + InflatedBytes.CAPACITY - 2,
                        target - InflatedBytes.OVERSHOOT);
        while (true) {
            giveOut(target);
            boolean holds = holds();
            if (out.end >= target && (holds || !ahead)) {
                return InflateStop.OUTPUT;
            }
            stretches(limit);
            if (out.isFull() && out.end < target) {
                return InflateStop.OUTPUT;
            }
            if (in.at > in.limit()) {
                return InflateStop.INPUT;
            }
            if (!one()) {
                return InflateStop.END;
            }
        }
    }

    /** Decodes up to the limits, or to what {@link #many} leaves. */
    private void stretches(int limit) throws DeflateDataException {
        boolean more = true;
        while (more && out.end < limit && in.at <= in.limit()) {
            int end = limit;
            if (shortStretches < SHORT_STRETCHES) {
                shortStretches++;
                end = Math.min(limit, out.end + SHORT_STRETCH);
            }
            more = many(end);
        }
    }

    private boolean holds() {
        return heldLiteral >= 0 || heldLength > 0;
    }

    private void giveOut(int target) {
        if (heldLength > 0) {
            int n = Math.min(heldLength, target - out.end);
            InflatedBytes.copy(out.bytes, out.end, heldBack, n);
            out.end += n;
            heldLength -= n;
        } else if (heldLiteral >= 0 && out.end < target) {
            out.bytes[out.end++] = (byte) heldLiteral;
            heldLiteral = -1;
        }
    }

    /** Decodes one symbol, which is then held; false at the end of the block. */
    private boolean one() throws DeflateDataException {
        in.refill();
        int entry = entry(codes.literals, BlockCodes.LITERAL_BITS);
        if (entry < 0) {
            in.take(entry & 0x3f);
            heldLiteral = entry >>> 16 & 0xff;
            return true;
        }
        if ((entry & HuffmanTable.EXCEPTION) != 0) {
            if ((entry & HuffmanTable.END) == 0) {
                throw new DeflateDataException("invalid literal/length code");
            }
            in.take(entry & 0x3f);
            return false;
        }
        int length = value(entry);
        in.refill();
        entry = entry(codes.distances, BlockCodes.DISTANCE_BITS);
        if ((entry & HuffmanTable.EXCEPTION) != 0) {
            throw new DeflateDataException("invalid distance code");
        }
        heldBack = value(entry);
        if (heldBack > out.end) {
            throw new DeflateDataException("invalid distance too far back");
        }
        heldLength = length;
        return true;
    }

    /** The entry of the next code; what led to a second table is taken. */
    private int entry(HuffmanTable table, int tableBits) {
        int entry = table.entries[(int) in.bits & ((1 << tableBits) - 1)];
        if (entry >= 0 && (entry & HuffmanTable.SECOND) != 0) {
            in.take(tableBits);
            int more = (int) in.bits & ((1 << (entry & 0x3f)) - 1);
            entry = table.entries[(entry >>> 16) + more];
        }
        return entry;
    }

    /** Takes the code of a length or distance and its extra bits. */
    private int value(int entry) {
        int code = entry >>> 8 & 0x1f;
        in.take(code);
        return (entry >>> 16) + in.take((entry & 0x3f) - code);
    }

    /**
     * Literals and matches, until the limit of the output or the input is passed. False if what
     * comes is neither, which is left to {@link #one}.
     *
     * <p>State lives in locals. A refill makes 56 bits of input available, and is hidden behind a
     * look-up begun before it: three literals take 33 bits, so that the next look-up has its 15;
     * two literals and a length with its extra bits take 42, so that the look-up of the distance
     * has its 9; and a distance takes 28.
     */
    private boolean many(int outLimit) throws DeflateDataException {
        byte[] bytes = in.bytes;
        byte[] out = this.out.bytes;
        int[] literals = codes.literals.entries;
        int[] distances = codes.distances.entries;
        int inLimit = in.limit();
        int last = outLimit - 1;
        boolean more = true;
        long bits = in.bits;
        // Only its lowest six bits count.
        int count = in.count;
        int inAt = in.at;
        int at = this.out.end;
        bits |= (long) LONGS.get(bytes, inAt) << count;
        inAt += ~count >>> 3 & 7;
        count |= 56;
        int entry = literals[(int) bits & LITERAL_MASK];
        while (true) {
            if (entry < 0) {
                out[at++] = (byte) (entry >>> 16);
                bits >>>= entry;
                count -= entry;
                entry = literals[(int) bits & LITERAL_MASK];
                if (entry < 0) {
                    out[at++] = (byte) (entry >>> 16);
                    bits >>>= entry;
                    count -= entry;
                    entry = literals[(int) bits & LITERAL_MASK];
                    if (entry < 0) {
                        out[at++] = (byte) (entry >>> 16);
                        bits >>>= entry;
                        count -= entry;
                        if (((inLimit - inAt) | (last - at)) < 0) {
                            break;
                        }
                        entry = literals[(int) bits & LITERAL_MASK];
                        bits |= (long) LONGS.get(bytes, inAt) << count;
                        inAt += ~count >>> 3 & 7;
                        count |= 56;
                        continue;
                    }
                }
            }
            if ((entry & HuffmanTable.EXCEPTION) != 0) {
                if ((entry & HuffmanTable.SECOND) == 0) {
                    more = false;
                    break;
                }
                if (((inLimit - inAt) | (last - at)) < 0) {
                    break;
                }
                int rest = (int) (bits >>> BlockCodes.LITERAL_BITS) & ~(-1 << entry);
                entry = literals[(entry >>> 16) + rest];
                if ((entry & HuffmanTable.EXCEPTION) != 0) {
                    more = false;
                    break;
                }
                bits >>>= BlockCodes.LITERAL_BITS;
                count -= BlockCodes.LITERAL_BITS;
                bits |= (long) LONGS.get(bytes, inAt) << count;
                inAt += ~count >>> 3 & 7;
                count |= 56;
                continue;
            }
            int length = (entry >>> 16) + (((int) bits & ~(-1 << entry)) >>> (entry >>> 8));
            bits >>>= entry;
            count -= entry;
            entry = distances[(int) bits & DISTANCE_MASK];
            bits |= (long) LONGS.get(bytes, inAt) << count;
            inAt += ~count >>> 3 & 7;
            count |= 56;
            if ((entry & HuffmanTable.EXCEPTION) != 0) {
                if ((entry & HuffmanTable.SECOND) != 0) {
                    bits >>>= BlockCodes.DISTANCE_BITS;
                    count -= BlockCodes.DISTANCE_BITS;
                    entry = distances[(entry >>> 16) + ((int) bits & ~(-1 << entry))];
                }
                if ((entry & HuffmanTable.EXCEPTION) != 0) {
                    throw new DeflateDataException("invalid distance code");
                }
            }
            int back = (entry >>> 16) + (((int) bits & ~(-1 << entry)) >>> (entry >>> 8));
            bits >>>= entry;
            count -= entry;
            if (back > at) {
                throw new DeflateDataException("invalid distance too far back");
            }
            if (((inLimit - inAt) | (last - at)) < 0) {
                InflatedBytes.copy(out, at, back, length);
                at += length;
                break;
            }
            entry = literals[(int) bits & LITERAL_MASK];
            bits |= (long) LONGS.get(bytes, inAt) << count;
            inAt += ~count >>> 3 & 7;
            count |= 56;
            int end = at + length;
            if (back >= Long.BYTES) {
                // Most matches are not longer than two words.
                LONGS.set(out, at, (long) LONGS.get(out, at - back));
                LONGS.set(out, at + 8, (long) LONGS.get(out, at + 8 - back));
                LONGS.set(out, at + 16, (long) LONGS.get(out, at + 16 - back));
                for (int to = at + 24; to < end; to += Long.BYTES) {
                    LONGS.set(out, to, (long) LONGS.get(out, to - back));
                }
            } else {
                InflatedBytes.copy(out, at, back, length);
            }
            at = end;
        }
        in.bits = bits;
        in.count = count & 63;
        in.at = inAt;
        this.out.end = at;
        return more;
    }
}
