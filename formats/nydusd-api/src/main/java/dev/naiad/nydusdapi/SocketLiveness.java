package dev.naiad.nydusdapi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;

/** A connection on which nothing is ever sent; whatever the daemon should send is thrown away. */
final class SocketLiveness implements NydusdClient.Liveness {
    private final SocketChannel channel;
    private volatile boolean closed;

    SocketLiveness(SocketChannel channel) {
        this.channel = channel;
    }

    @Override
    public boolean awaitEnd() {
        var sink = ByteBuffer.allocate(64);
        try {
            while (channel.read(sink) >= 0) {
                sink.clear();
            }
            return !closed;
        } catch (AsynchronousCloseException e) {
            return !closed;
        } catch (ClosedChannelException e) {
            return false;
        } catch (IOException e) {
            return !closed; // reset by a killed daemon
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException e) {
            // Nothing was to be sent, so nothing is lost.
        }
    }
}
