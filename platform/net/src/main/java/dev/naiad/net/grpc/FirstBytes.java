package dev.naiad.net.grpc;

import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Tells HTTP/2 from another protocol on one port. Until the client's first bytes are here gRPC is
 * not started, so that the other protocol sees none of its frames. A client of gRPC loses nothing:
 * HTTP/2 has it speak first (RFC 9113, section 3.4).
 */
final class FirstBytes extends ByteToMessageDecoder {
    /** The preface is {@code PRI * HTTP/2.0…}; two bytes are enough to know it. */
    private static final int ENOUGH = 2;

    /** A connection that has said nothing for so long is closed. */
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final InetSocketAddress others;
    private final ChannelHandler next;
    private @Nullable ProtocolNegotiationEvent negotiation;
    private @Nullable Future<?> timer;

    /**
     * @param others a server that gets the connections that do not begin with HTTP/2
     * @param next what gRPC does first on the others
     */
    FirstBytes(InetSocketAddress others, ChannelHandler next) {
        this.others = others;
        this.next = next;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        // A client of the other protocol may close its half together with its first bytes.
        context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
        timer =
                context.executor()
                        .schedule(
                                () -> {
                                    var _ = context.close();
                                },
                                PATIENCE.toSeconds(),
                                TimeUnit.SECONDS);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext context) {
        if (timer != null) {
            timer.cancel(false);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
        if (event instanceof ProtocolNegotiationEvent begin) {
            negotiation = begin;
        } else if (event instanceof ChannelInputShutdownEvent) {
            var _ = context.close(); // before it has said what it is
        } else {
            super.userEventTriggered(context, event);
        }
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        ProtocolNegotiationEvent begin = negotiation;
        if (in.readableBytes() < ENOUGH || begin == null) {
            return;
        }
        int at = in.readerIndex();
        if (in.getByte(at) == 'P' && in.getByte(at + 1) == 'R') {
            context.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, false);
            context.pipeline().addAfter(context.name(), null, next);
            context.fireUserEventTriggered(begin);
            context.pipeline().remove(this); // hands on what it has read
        } else {
            context.pipeline().replace(this, null, new Relay(others));
        }
    }
}
