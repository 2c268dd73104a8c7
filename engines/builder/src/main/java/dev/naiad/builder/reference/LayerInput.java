package dev.naiad.builder.reference;

import dev.naiad.base.bytes.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;

/**
 * A stored layer on its way to the builder, counted and hashed as it is read. For one thread; the
 * channel stays the caller's to close.
 */
public final class LayerInput extends InputStream {
    private static final int BUFFER = 128 << 10;

    private final ReadableByteChannel channel;
    private final byte[] buffer = new byte[BUFFER];
    private final ByteBuffer target = ByteBuffer.wrap(buffer);
    private final MessageDigest sha256;
    private int start;
    private int end;
    private long received;
    private boolean ended;

    public LayerInput(ReadableByteChannel channel) {
        this.channel = channel;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The next bytes without consuming them; fewer than {@code count} at the end. */
    public byte[] head(int count) throws IOException {
        while (end - start < count && !ended) {
            fill();
        }
        return Arrays.copyOfRange(buffer, start, Math.min(end, start + count));
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (start == end) {
            if (ended) {
                return -1;
            }
            start = 0;
            end = 0;
            fill();
        }
        int count = Math.min(length, end - start);
        System.arraycopy(buffer, start, into, offset, count);
        start += count;
        return count;
    }

    private void fill() throws IOException {
        int count = channel.read(target.clear().position(end));
        if (count < 0) {
            ended = true;
        } else {
            sha256.update(buffer, end, count);
            end += count;
            received += count;
        }
    }

    /** Bytes that were handed out. */
    public long position() {
        return received - (end - start);
    }

    /** Reads the rest of the layer, so that {@link #digest} covers all of it. */
    public void drain() throws IOException {
        while (!ended) {
            end = 0;
            fill();
        }
        start = end;
    }

    /** The layer's digest; once, at its end. */
    public Digest digest() {
        return Digest.of(Digest.Algorithm.SHA256, sha256.digest());
    }

    @Override
    public void close() {
        // The channel is the caller's.
    }
}
