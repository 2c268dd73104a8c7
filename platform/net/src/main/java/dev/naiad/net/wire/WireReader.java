package dev.naiad.net.wire;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Buffers what is read from a connection, so that heads can be read by lines; for one thread. */
public final class WireReader {
    private static final int BUFFER_BYTES = 16 << 10;

    /** Enough for most heads; a connection that sends nothing should cost next to nothing. */
    private static final int FIRST_BYTES = 2 << 10;

    private final Wire wire;
    private ByteBuffer buffer = ByteBuffer.allocate(FIRST_BYTES).flip();

    public WireReader(Wire wire) {
        this.wire = wire;
    }

    public Wire wire() {
        return wire;
    }

    /**
     * Reads at least one byte unless the target is full; -1 at the end of the stream. Large reads
     * bypass the buffer.
     */
    public int read(ByteBuffer target) throws IOException {
        if (!target.hasRemaining()) {
            return 0;
        }
        if (!buffer.hasRemaining()) {
            if (target.remaining() >= BUFFER_BYTES) {
                return wire.read(target);
            }
            if (!fill()) {
                return -1;
            }
        }
        int count = Math.min(buffer.remaining(), target.remaining());
        target.put(target.position(), buffer, buffer.position(), count);
        target.position(target.position() + count);
        buffer.position(buffer.position() + count);
        return count;
    }

    /** Waits for the next byte without taking it; false at the end of the stream. */
    public boolean awaitByte() throws IOException {
        return buffer.hasRemaining() || fill();
    }

    /** Whether bytes are waiting that were already read from the connection. */
    public boolean hasBuffered() {
        return buffer.hasRemaining();
    }

    /**
     * The next line without its CRLF (a lone LF is taken as well), as ISO-8859-1; null at a clean
     * end of the stream.
     *
     * @throws LineTooLongException past the limit
     */
    public @Nullable String line(int limit) throws IOException {
        var text = new StringBuilder();
        while (true) {
            int start = buffer.position();
            int end = indexOfLineFeed(start);
            int stop = end < 0 ? buffer.limit() : end;
            if (text.length() + (stop - start) > limit) {
                throw new LineTooLongException(limit);
            }
            text.append(
                    new String(buffer.array(), start, stop - start, StandardCharsets.ISO_8859_1));
            if (end >= 0) {
                buffer.position(end + 1);
                int length = text.length();
                if (length > 0 && text.charAt(length - 1) == '\r') {
                    text.setLength(length - 1);
                }
                return text.toString();
            }
            buffer.position(buffer.limit());
            if (!fill()) {
                if (text.isEmpty()) {
                    return null;
                }
                throw new EOFException("connection closed within a line");
            }
        }
    }

    private int indexOfLineFeed(int start) {
        byte[] array = buffer.array();
        for (int i = start; i < buffer.limit(); i++) {
            if (array[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private boolean fill() throws IOException {
        if (buffer.limit() == FIRST_BYTES && buffer.capacity() == FIRST_BYTES) {
            // The last read filled it: more is coming than a small head.
            buffer = ByteBuffer.allocate(BUFFER_BYTES);
        }
        buffer.clear();
        int count = -1;
        try {
            count = wire.read(buffer);
        } finally {
            buffer.flip();
        }
        return count >= 0;
    }

    /** A line is longer than its reader allows. */
    public static final class LineTooLongException extends IOException {
        private static final long serialVersionUID = 1;

        LineTooLongException(int limit) {
            super("line is longer than " + limit + " bytes");
        }
    }
}
