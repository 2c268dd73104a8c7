package dev.naiad.net.http;

import dev.naiad.net.wire.Wire;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/**
 * Writes a body with a fixed length or in chunks. {@link #finish} must follow the last byte; a
 * fixed body of another length than announced is an error on this side already.
 */
public final class BodyWriter extends OutputStream {
    /** Announced by nothing; the end of the connection ends the body. */
    public static final long UNTIL_CLOSE = Long.MAX_VALUE;

    private static final int CHUNK_BYTES = 16 << 10;
    private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1);
    private static final int FRAME_BYTES = 10;

    private final Wire wire;
    private final long length;
    private final byte[] buffer = new byte[FRAME_BYTES + CHUNK_BYTES + 2];
    private int buffered;
    private long written;
    private boolean finished;

    /**
     * @param length announced length, or negative for chunks
     */
    public BodyWriter(Wire wire, long length) {
        this.wire = wire;
        this.length = length;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] source, int offset, int count) throws IOException {
        account(count);
        int at = offset;
        int end = offset + count;
        while (at < end) {
            if (length >= 0 && buffered == 0 && end - at >= CHUNK_BYTES) {
                wire.write(ByteBuffer.wrap(source, at, end - at));
                return;
            }
            int part = Math.min(end - at, CHUNK_BYTES - buffered);
            System.arraycopy(source, at, buffer, FRAME_BYTES + buffered, part);
            buffered += part;
            at += part;
            if (buffered == CHUNK_BYTES) {
                flush();
            }
        }
    }

    /** Takes everything of a buffer; direct buffers are not copied when the length is fixed. */
    public void write(ByteBuffer source) throws IOException {
        if (source.hasArray()) {
            write(source.array(), source.arrayOffset() + source.position(), source.remaining());
            source.position(source.limit());
        } else if (length >= 0) {
            account(source.remaining());
            flush();
            wire.write(source);
        } else {
            byte[] copy = new byte[Math.min(CHUNK_BYTES, source.remaining())];
            while (source.hasRemaining()) {
                int part = Math.min(copy.length, source.remaining());
                source.get(copy, 0, part);
                write(copy, 0, part);
            }
        }
    }

    /** Sends a part of a file without copying it; only where the length was announced. */
    public void sendFile(FileChannel file, long offset, long count) throws IOException {
        if (length < 0) {
            throw new IOException("body is sent in chunks");
        }
        account(count);
        flush();
        wire.sendFile(file, offset, count);
    }

    private void account(long count) throws IOException {
        if (finished) {
            throw new IOException("body is finished");
        }
        written = Math.addExact(written, count);
        if (length >= 0 && written > length) {
            throw new IOException("body is longer than the announced " + length + " bytes");
        }
    }

    @Override
    public void flush() throws IOException {
        if (buffered == 0) {
            return;
        }
        int start = FRAME_BYTES;
        int end = FRAME_BYTES + buffered;
        if (length < 0) {
            byte[] size =
                    (Integer.toHexString(buffered) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
            start -= size.length;
            System.arraycopy(size, 0, buffer, start, size.length);
            buffer[end++] = '\r';
            buffer[end++] = '\n';
        }
        buffered = 0;
        wire.write(ByteBuffer.wrap(buffer, start, end - start));
    }

    /** Completes the body. */
    public void finish() throws IOException {
        if (finished) {
            return;
        }
        flush();
        if (length < 0) {
            wire.write(ByteBuffer.wrap(LAST_CHUNK));
        } else if (written != length && length != UNTIL_CLOSE) {
            throw new IOException("body has " + written + " of the announced " + length + " bytes");
        }
        finished = true;
    }

    public boolean finished() {
        return finished;
    }

    /** Does not finish the body: an aborted body must not look complete. */
    @Override
    public void close() {}
}
