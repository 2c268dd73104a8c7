package dev.naiad.net.grpc;

import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiator.ProtocolNegotiator;
import io.grpc.netty.InternalProtocolNegotiators;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.AsciiString;

/**
 * Ends a call whose client has not ended its own half: {@code RST_STREAM(NO_ERROR)} after the
 * trailers (RFC 9113, section 8.1).
 *
 * <p>compat: grpc-go does this and grpc-java does not. The Rust peers keep their half of
 * AnnouncePeer open and wait for the reset after their last message; without it no download of
 * theirs ever ends.
 *
 * <p>One object per server: Netty's side of a connection is reached through grpc-java's protocol
 * negotiator, which is given each connection's handler before the first frame.
 */
final class HalfOpenCalls implements ProtocolNegotiator {
    private final ProtocolNegotiator plaintext = InternalProtocolNegotiators.serverPlaintext();

    @Override
    public AsciiString scheme() {
        return plaintext.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
        return new Attach(connection, plaintext.newHandler(connection));
    }

    @Override
    public void close() {
        plaintext.close();
    }

    /** Registers the listener as soon as the channel is known, then makes way. */
    private static final class Attach extends ChannelInboundHandlerAdapter {
        private final GrpcHttp2ConnectionHandler connection;
        private final ChannelHandler next;

        Attach(GrpcHttp2ConnectionHandler connection, ChannelHandler next) {
            this.connection = connection;
            this.next = next;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            connection.connection().addListener(new Resets(connection, context.channel()));
            context.pipeline().replace(this, null, next);
        }
    }

    private static final class Resets extends Http2ConnectionAdapter {
        private final GrpcHttp2ConnectionHandler connection;
        private final Channel channel;

        Resets(GrpcHttp2ConnectionHandler connection, Channel channel) {
            this.connection = connection;
            this.channel = channel;
        }

        @Override
        public void onStreamHalfClosed(Http2Stream stream) {
            if (stream.state() != Http2Stream.State.HALF_CLOSED_LOCAL) {
                return; // the client ended its half first, as most do
            }
            // The trailers are written already; the flush that sends them sends this too.
            var context = channel.pipeline().context(connection);
            if (context == null) {
                return; // the connection is gone, and the call with it
            }
            var _ =
                    connection
                            .encoder()
                            .writeRstStream(
                                    context,
                                    stream.id(),
                                    Http2Error.NO_ERROR.code(),
                                    context.newPromise());
        }
    }
}
