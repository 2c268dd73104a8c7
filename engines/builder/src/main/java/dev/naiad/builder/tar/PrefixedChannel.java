package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.stream.LayerStreams;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** A channel whose first bytes were read already, to see what it holds. */
public final class PrefixedChannel implements ReadableByteChannel {
    private static final int HEAD = 4;

    private final ByteBuffer start;
    private final ReadableByteChannel rest;

    private PrefixedChannel(ByteBuffer start, ReadableByteChannel rest) {
        this.start = start;
        this.rest = rest;
    }

    /**
     * The plain bytes of a stream that may be compressed with gzip or zstd: a look at its first
     * bytes tells. Nothing at all is refused.
     */
    public static ReadableByteChannel plain(ReadableByteChannel source, String name)
            throws IOException {
        var start = ByteBuffer.allocate(HEAD);
        int count = 0;
        while (start.hasRemaining() && count >= 0) {
            count = source.read(start);
        }
        start.flip();
        if (start.limit() < 3) {
            throw new CorruptFormatException(name, 0, "a tar archive", start.limit() + " bytes");
        }
        var kind = LayerStreams.kindOf(start.array(), start.limit());
        var whole = new PrefixedChannel(start, source);
        return switch (kind) {
            case PLAIN -> whole;
            case GZIP, ZSTD ->
                    new StreamChannel(
                            LayerStreams.open(Channels.newInputStream(whole), kind, name));
        };
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!start.hasRemaining()) {
            return rest.read(target);
        }
        int count = Math.min(start.remaining(), target.remaining());
        target.put(start.slice().limit(count));
        start.position(start.position() + count);
        return count;
    }

    @Override
    public boolean isOpen() {
        return rest.isOpen();
    }

    @Override
    public void close() throws IOException {
        rest.close();
    }

    /** The JDK's adapter moves 8 KiB at a time; this one more. */
    private static final class StreamChannel implements ReadableByteChannel {
        private final InputStream in;
        private final byte[] buffer = new byte[128 << 10];
        private boolean open = true;

        StreamChannel(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(ByteBuffer target) throws IOException {
            int count = in.read(buffer, 0, Math.min(buffer.length, target.remaining()));
            if (count > 0) {
                target.put(buffer, 0, count);
            }
            return count;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() throws IOException {
            open = false;
            in.close();
        }
    }
}
