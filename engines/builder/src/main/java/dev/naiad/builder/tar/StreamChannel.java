package dev.naiad.builder.tar;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A stream as a channel. The JDK's adapter moves 8 KiB at a time; this one moves more. Never reads
 * more than it is asked for.
 */
public final class StreamChannel implements ReadableByteChannel {
    private final InputStream in;
    private final byte[] buffer = new byte[128 << 10];
    private boolean open = true;

    public StreamChannel(InputStream in) {
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
