package dev.naiad.codec.stream;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.block.GzipHeader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;

/**
 * Decompresses gzip members one after the other. Zeros behind the last member are ignored as
 * gzip(1) does. For one thread.
 *
 * <p>A {@link #tracking} stream also knows where it is in the compressed data, and where
 * decompressing could have begun anew. Its positions depend on the data and on how many bytes were
 * taken, not on the sizes of reads.
 */
public final class GunzipStream extends InputStream {
    private static final int BUFFER = 128 << 10;
    private static final int MAX_HEADER = 64 << 10;
    private static final int TRAILER = 8;

    private final InputStream in;
    private final String name;
    private final byte[] buffer = new byte[BUFFER + Inflate.PADDING];
    private final Inflate inflate = new Inflate(buffer);
    private final CRC32 crc = new CRC32();

    // buffer[start, end) was read and not used; base is the position of the buffer's start in the
    // compressed data.
    private int start;
    private int end;
    private long base;
    private boolean sourceEnded;
    private boolean any;
    private boolean atEnd;
    private boolean inMember;
    private boolean memberEnded;
    private long memberBytes;

    // inflate.out[taken, inflate.out.end) was not given out yet.
    private int taken;

    private final boolean tracks;
    private long plain;
    private long blockPlain;
    private long blockCompressed;
    private int blockPreviousByte;
    private int blockPendingBits;
    private long member = -1;
    private long blocks = -1;

    /** Owns {@code in}; {@code name} is for errors. */
    public GunzipStream(InputStream in, String name) {
        this(in, name, false);
    }

    private GunzipStream(InputStream in, String name, boolean tracks) {
        this.in = in;
        this.name = name;
        this.tracks = tracks;
        if (tracks) {
            inflate.stopAtBlocks();
        }
    }

    /** A stream that knows its positions; {@link #read} gives exactly what it is asked for. */
    public static GunzipStream tracking(InputStream in, String name) {
        return new GunzipStream(in, name, true);
    }

    /**
     * The start of a deflate block.
     *
     * @param compressedOffset of the first whole byte of the block
     * @param plainOffset of the first byte that comes out of it
     * @param previousByte holds the {@code pendingBits} (0 to 7) bits of the block that precede
     *     {@code compressedOffset}, as its highest bits
     * @param window what came out before, at most 32 KiB
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    public record BlockStart(
            long compressedOffset,
            long plainOffset,
            int previousByte,
            int pendingBits,
            byte[] window) {}

    /**
     * Moves on to the next member if this one has ended.
     *
     * @return false at the end of the stream
     */
    public boolean settle() throws IOException {
        if (memberEnded) {
            endMember();
        }
        if (atEnd || (!inMember && !beginMember())) {
            atEnd = true;
            return false;
        }
        return true;
    }

    /** The number of the member that the next byte comes from, as far as is known. */
    public long member() {
        return member;
    }

    /** How many bytes came out. */
    public long plainPosition() {
        return plain;
    }

    /** Where the last block began: of a tracking stream that has begun. */
    public BlockStart lastBlock() {
        return new BlockStart(
                blockCompressed,
                blockPlain,
                blockPreviousByte,
                blockPendingBits,
                inflate.out.windowAtMark());
    }

    /** The number of {@link #lastBlock} in the stream. */
    public long blockNumber() {
        return blocks;
    }

    private void markBlock() {
        inflate.out.mark();
        blocks++;
        blockCompressed = compressedPosition();
        blockPlain = plain;
        blockPreviousByte = inflate.previousByte();
        blockPendingBits = inflate.pendingBits();
    }

    private int readTracked(byte[] target, int offset, int length) throws IOException {
        int done = 0;
        while (true) {
            if (memberEnded && done > 0) {
                return done;
            }
            if (!settle()) {
                return -1;
            }
            var stop = inflate(length - done);
            int n = inflate.out.end - inflate.out.start;
            System.arraycopy(inflate.out.bytes, inflate.out.start, target, offset + done, n);
            done += n;
            plain += n;
            if (stop == InflateStop.BLOCK) {
                markBlock();
            }
            // INPUT: what comes next must be known before the position is.
            if (done == length && stop != InflateStop.INPUT) {
                return done;
            }
        }
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (tracks) {
            return readTracked(target, offset, length);
        }
        while (taken == inflate.out.end) {
            if (atEnd || !advance()) {
                atEnd = true;
                return -1;
            }
        }
        int n = Math.min(length, inflate.out.end - taken);
        System.arraycopy(inflate.out.bytes, taken, target, offset, n);
        taken += n;
        return n;
    }

    /** Decompresses some more, or moves on to the next member; false at the end. */
    private boolean advance() throws IOException {
        if (!settle()) {
            return false;
        }
        inflate(Integer.MAX_VALUE);
        return true;
    }

    private InflateStop inflate(int most) throws IOException {
        if (!sourceEnded) {
            fill(BUFFER / 2);
        }
        inflate.input(start, end, sourceEnded);
        InflateStop stop;
        try {
            stop = inflate.run(most);
        } catch (DeflateDataException e) {
            start = Math.min(end, inflate.inputPosition());
            throw corrupt("deflate data", String.valueOf(e.getMessage()));
        }
        start = inflate.inputPosition();
        taken = inflate.out.start;
        int n = inflate.out.end - taken;
        crc.update(inflate.out.bytes, taken, n);
        memberBytes += n;
        memberEnded = stop == InflateStop.END;
        return stop;
    }

    private boolean beginMember() throws IOException {
        if (!fill(1)) {
            if (!any) {
                throw corrupt("a gzip header", "the end");
            }
            return false;
        }
        if (any && buffer[start] == 0) {
            skipZeros();
            return false;
        }
        fill(MAX_HEADER);
        start += GzipHeader.length(MemorySegment.ofArray(buffer).asSlice(start, end - start), name);
        any = true;
        inMember = true;
        memberBytes = 0;
        inflate.reset();
        taken = 0;
        crc.reset();
        member++;
        if (tracks) {
            markBlock();
        }
        return true;
    }

    private void skipZeros() throws IOException {
        do {
            for (; start < end; start++) {
                if (buffer[start] != 0) {
                    throw corrupt("another gzip member, or zeros", "something else");
                }
            }
        } while (fill(1));
    }

    private void endMember() throws IOException {
        inMember = false;
        memberEnded = false;
        if (!fill(TRAILER)) {
            throw corrupt("a trailer of 8 bytes", (end - start) + " bytes");
        }
        long sum = u32(start);
        long size = u32(start + 4);
        if (sum != crc.getValue()) {
            throw corrupt("checksum " + Long.toHexString(sum), Long.toHexString(crc.getValue()));
        }
        if (size != (memberBytes & 0xffff_ffffL)) {
            throw corrupt("size " + size + " modulo 2^32", Long.toString(memberBytes));
        }
        start += TRAILER;
    }

    private long u32(int at) {
        return (buffer[at] & 0xffL)
                | ((buffer[at + 1] & 0xffL) << 8)
                | ((buffer[at + 2] & 0xffL) << 16)
                | ((buffer[at + 3] & 0xffL) << 24);
    }

    /** Reads on until {@code wanted} bytes are there; answers whether they are. */
    private boolean fill(int wanted) throws IOException {
        if (end - start >= wanted) {
            return true;
        }
        System.arraycopy(buffer, start, buffer, 0, end - start);
        base += start;
        end -= start;
        start = 0;
        while (end < wanted && !sourceEnded) {
            int n = in.read(buffer, end, BUFFER - end);
            if (n < 0) {
                sourceEnded = true;
            } else {
                end += n;
            }
        }
        return end >= wanted;
    }

    private CorruptFormatException corrupt(String expected, String actual) {
        return new CorruptFormatException(name, compressedPosition(), expected, actual);
    }

    /** How many compressed bytes were used. */
    public long compressedPosition() {
        return base + start;
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
