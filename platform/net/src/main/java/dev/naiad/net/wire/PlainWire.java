package dev.naiad.net.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SocketChannel;

/** TCP or unix socket without encryption. */
final class PlainWire extends Wire {
    PlainWire(SocketChannel channel, Watchdog watchdog) {
        super(channel, watchdog);
    }

    @Override
    int doRead(ByteBuffer target) throws IOException {
        return channel.read(target);
    }

    @Override
    void doWrite(ByteBuffer source) throws IOException {
        channel.write(source);
    }

    @Override
    long doSendFile(FileChannel file, long offset, long length) throws IOException {
        return file.transferTo(offset, length, channel);
    }
}
