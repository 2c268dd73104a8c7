package dev.naiad.builder.tar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** A channel whose first bytes were read already, to see what it holds. */
public final class PrefixedChannel implements ReadableByteChannel {
    private final ByteBuffer start;
    private final ReadableByteChannel rest;

    private PrefixedChannel(ByteBuffer start, ReadableByteChannel rest) {
        this.start = start;
        this.rest = rest;
    }

    /** The plain bytes of a stream that may be gzip: a look at the first three tells. */
    public static ReadableByteChannel plain(ReadableByteChannel source, String name)
            throws IOException {
        var start = ByteBuffer.allocate(3);
        while (start.hasRemaining() && source.read(start) >= 0) {
            Thread.onSpinWait();
        }
        start.flip();
        byte[] bytes = new byte[start.remaining()];
        start.duplicate().get(bytes);
        var whole = new PrefixedChannel(start, source);
        return GzipChannel.matches(bytes) ? new GzipChannel(whole, name) : whole;
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
