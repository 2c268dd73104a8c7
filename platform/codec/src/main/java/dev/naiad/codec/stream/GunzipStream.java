package dev.naiad.codec.stream;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.block.GzipHeader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decompresses gzip members one after the other. Large buffers on both sides, because the JDK's
 * stream with its 512 bytes spends more time in calls than in inflating. Zeros behind the last
 * member are ignored as gzip(1) does. For one thread.
 */
public final class GunzipStream extends InputStream {
    private static final int BUFFER = 128 << 10;
    private static final int MAX_HEADER = 64 << 10;

    private final InputStream in;
    private final String name;
    private final byte[] buffer = new byte[BUFFER];
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();

    // buffer[start, end) was read and not used; consumed counts the bytes before start.
    private int start;
    private int end;
    private long consumed;
    private boolean inMember;
    private boolean atEnd;
    private boolean any;

    /** Owns {@code in}; {@code name} is for errors. */
    public GunzipStream(InputStream in, String name) {
        this.in = in;
        this.name = name;
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
        while (!atEnd) {
            if (!inMember && !beginMember()) {
                atEnd = true;
                break;
            }
            int n = inflate(target, offset, length);
            if (n > 0) {
                return n;
            }
        }
        return -1;
    }

    private int inflate(byte[] target, int offset, int length) throws IOException {
        try {
            while (true) {
                int n = inflater.inflate(target, offset, length);
                crc.update(target, offset, n);
                if (inflater.finished()) {
                    takeBack();
                    endMember();
                    return n;
                }
                if (n > 0) {
                    return n;
                }
                if (inflater.needsDictionary()) {
                    throw corrupt("deflate data", "a preset dictionary");
                }
                takeBack();
                if (start == end && !fill(1)) {
                    throw corrupt("more deflate data", "the end");
                }
                inflater.setInput(buffer, start, end - start);
            }
        } catch (DataFormatException e) {
            takeBack();
            throw corrupt("deflate data", String.valueOf(e.getMessage()));
        }
    }

    /** Takes what the inflater did not use back into the buffer. */
    private void takeBack() {
        int left = inflater.getRemaining();
        consumed += end - left - start;
        start = end - left;
    }

    private boolean beginMember() throws IOException {
        if (!fill(1)) {
            if (!any) {
                throw corrupt("a gzip header", "the end");
            }
            return false;
        }
        if (any && buffer[start] == 0) {
            return trailingZeros();
        }
        // A header is small as a rule; if it is cut by the buffer's end, there is room for more.
        fill(Math.min(MAX_HEADER, BUFFER));
        int length =
                GzipHeader.length(MemorySegment.ofArray(buffer).asSlice(start, end - start), name);
        start += length;
        consumed += length;
        any = true;
        inMember = true;
        inflater.reset();
        crc.reset();
        inflater.setInput(buffer, start, end - start);
        return true;
    }

    private boolean trailingZeros() throws IOException {
        do {
            for (; start < end; start++, consumed++) {
                if (buffer[start] != 0) {
                    throw corrupt("another gzip member, or zeros", "something else");
                }
            }
        } while (fill(1));
        return false;
    }

    private void endMember() throws IOException {
        inMember = false;
        if (!fill(8)) {
            throw corrupt("a trailer of 8 bytes", (end - start) + " bytes");
        }
        long sum = u32(start);
        long size = u32(start + 4);
        if (sum != crc.getValue()) {
            throw corrupt("checksum " + Long.toHexString(sum), Long.toHexString(crc.getValue()));
        }
        if (size != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw corrupt(
                    "size " + size + " modulo 2^32", Long.toString(inflater.getBytesWritten()));
        }
        start += 8;
        consumed += 8;
    }

    private long u32(int at) {
        return (buffer[at] & 0xffL)
                | (buffer[at + 1] & 0xffL) << 8
                | (buffer[at + 2] & 0xffL) << 16
                | (buffer[at + 3] & 0xffL) << 24;
    }

    /** Reads on until {@code wanted} bytes are there; answers whether they are. */
    private boolean fill(int wanted) throws IOException {
        if (end - start >= wanted) {
            return true;
        }
        System.arraycopy(buffer, start, buffer, 0, end - start);
        end -= start;
        start = 0;
        while (end < wanted) {
            int n = in.read(buffer, end, BUFFER - end);
            if (n < 0) {
                return false;
            }
            end += n;
        }
        return true;
    }

    private CorruptFormatException corrupt(String expected, String actual) {
        return new CorruptFormatException(name, consumed, expected, actual);
    }

    /** How many compressed bytes were used. */
    public long compressedPosition() {
        return consumed;
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        in.close();
    }
}
