package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The plain bytes of a gzip stream of one or more members (RFC 1952), checksums verified. For one
 * thread; closes the source.
 */
public final class GzipChannel implements ReadableByteChannel {
    private static final int FLAG_HEADER_CRC = 2;
    private static final int FLAG_EXTRA = 4;
    private static final int FLAG_NAME = 8;
    private static final int FLAG_COMMENT = 16;

    private final ReadableByteChannel source;
    private final String name;
    private final ByteBuffer input =
            ByteBuffer.allocateDirect(1 << 17).order(ByteOrder.LITTLE_ENDIAN).flip();
    private final Inflater inflater = new Inflater(true);
    private final CRC32 crc = new CRC32();
    private boolean inMember;
    private boolean ended;
    private long consumed;

    public GzipChannel(ReadableByteChannel source, String name) {
        this.source = source;
        this.name = name;
    }

    /** Whether these first bytes of a stream are gzip's. */
    public static boolean matches(byte[] start) {
        return start.length >= 3 && start[0] == 0x1f && start[1] == (byte) 0x8b && start[2] == 8;
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        int before = target.position();
        while (target.position() == before && target.hasRemaining()) {
            if (!inMember && !nextMember()) {
                return -1;
            }
            if (!input.hasRemaining() && !fill()) {
                throw new CorruptFormatException(
                        name, consumed, "more of a gzip member", "the end of the stream");
            }
            inflate(target);
        }
        return target.position() - before;
    }

    private void inflate(ByteBuffer target) throws IOException {
        int from = target.position();
        inflater.setInput(input);
        try {
            inflater.inflate(target);
        } catch (DataFormatException e) {
            throw new CorruptFormatException(
                    name,
                    consumed + input.position(),
                    "a deflate stream",
                    String.valueOf(e.getMessage()));
        }
        crc.update(target.duplicate().flip().position(from));
        if (inflater.finished()) {
            trailer();
        } else if (inflater.needsDictionary()) {
            throw new CorruptFormatException(
                    name, consumed, "a deflate stream without dictionary", "one with");
        }
    }

    private void trailer() throws IOException {
        need(8);
        long stored = input.getInt() & 0xffff_ffffL;
        if (stored != crc.getValue()) {
            throw new CorruptFormatException(
                    name,
                    consumed + input.position() - 4,
                    "checksum " + crc.getValue(),
                    Long.toString(stored));
        }
        long size = input.getInt() & 0xffff_ffffL;
        if (size != (inflater.getBytesWritten() & 0xffff_ffffL)) {
            throw new CorruptFormatException(
                    name,
                    consumed + input.position() - 4,
                    inflater.getBytesWritten() + " bytes",
                    Long.toString(size));
        }
        inMember = false;
    }

    /**
     * Reads the header of the next member; false at the end of the stream or before padding that is
     * no gzip.
     */
    private boolean nextMember() throws IOException {
        if (ended || !input.hasRemaining() && !fill()) {
            ended = true;
            return false;
        }
        if (input.get(input.position()) == 0) {
            ended = true; // tapes are filled up with zeros
            return false;
        }
        need(10);
        int at = input.position();
        if (input.get(at) != 0x1f || input.get(at + 1) != (byte) 0x8b || input.get(at + 2) != 8) {
            throw new CorruptFormatException(name, consumed + at, "a gzip member", "other bytes");
        }
        int flags = input.get(at + 3);
        input.position(at + 10);
        if ((flags & FLAG_EXTRA) != 0) {
            need(2);
            int length = input.getShort() & 0xffff;
            need(length);
            input.position(input.position() + length);
        }
        if ((flags & FLAG_NAME) != 0) {
            skipText();
        }
        if ((flags & FLAG_COMMENT) != 0) {
            skipText();
        }
        if ((flags & FLAG_HEADER_CRC) != 0) {
            need(2);
            input.getShort();
        }
        inflater.reset();
        crc.reset();
        inMember = true;
        return true;
    }

    private void skipText() throws IOException {
        do {
            need(1);
        } while (input.get() != 0);
    }

    private void need(int count) throws IOException {
        while (input.remaining() < count) {
            if (!fill()) {
                throw new CorruptFormatException(
                        name,
                        consumed + input.position(),
                        count + " bytes of gzip",
                        "the end of the stream");
            }
        }
    }

    private boolean fill() throws IOException {
        consumed += input.position();
        input.compact();
        int count = source.read(input);
        input.flip();
        return count > 0 || (count == 0 && fill());
    }

    @Override
    public boolean isOpen() {
        return source.isOpen();
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        source.close();
    }
}
