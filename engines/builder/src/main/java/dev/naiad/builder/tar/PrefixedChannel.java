package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.codec.stream.LayerStreams;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;

/** A channel whose first bytes have already been read to detect its format. */
public final class PrefixedChannel implements ReadableByteChannel {
    private static final int HEAD = 4;

    private final ByteBuffer start;
    private final ReadableByteChannel rest;

    private PrefixedChannel(ByteBuffer start, ReadableByteChannel rest) {
        this.start = start;
        this.rest = rest;
    }

    /**
     * The plain bytes of a stream that may be compressed with gzip or zstd: its first bytes tells.
     * Nothing at all is refused.
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
}
