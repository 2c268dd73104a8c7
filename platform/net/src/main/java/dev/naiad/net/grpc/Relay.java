package dev.naiad.net.grpc;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes the bytes of one connection on to another server and back. It reads a side only when the
 * other has taken what was read before, so it holds one buffer a direction.
 */
final class Relay extends ChannelInboundHandlerAdapter {
    private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
    private static final int CONNECT_MILLIS = 5000;

    private final InetSocketAddress target;
    private final Queue<Object> early = new ArrayDeque<>();
    private @Nullable Channel other;
    private boolean inputEnded;

    Relay(InetSocketAddress target) {
        this.target = target;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext client) {
        Channel channel = client.channel();
        channel.config().setAutoRead(false);
        var connecting =
                new Bootstrap()
                        .group(channel.eventLoop())
                        .channel(EpollSocketChannel.class)
                        .option(ChannelOption.AUTO_READ, false)
                        .option(ChannelOption.TCP_NODELAY, true)
                        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                        .handler(new Back(client))
                        .connect(target);
        var _ =
                connecting.addListener(
                        _ -> {
                            if (connecting.isSuccess()) {
                                connected(client, connecting.channel());
                            } else {
                                LOG.debug(
                                        "relay to {}: {}",
                                        target,
                                        String.valueOf(connecting.cause()));
                                var _ = client.close();
                            }
                        });
    }

    private void connected(ChannelHandlerContext client, Channel server) {
        if (!client.channel().isActive()) {
            var _ = server.close();
            return;
        }
        other = server;
        while (!early.isEmpty()) {
            pass(early.remove(), server, client, this::readOn);
        }
        readOn(client);
        server.read();
    }

    @Override
    public void channelRead(ChannelHandlerContext client, Object bytes) {
        Channel server = other;
        if (server == null) {
            early.add(bytes);
        } else {
            pass(bytes, server, client, this::readOn);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext client) throws Exception {
        early.forEach(ReferenceCountUtil::release);
        early.clear();
        if (other != null) {
            var _ = other.close();
        }
        super.channelInactive(client);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext client, Object event) {
        if (event instanceof ChannelInputShutdownEvent) {
            inputEnded = true; // the answer may still be on its way
        }
    }

    private void readOn(ChannelHandlerContext client) {
        if (!inputEnded) {
            client.read(); // after the end it would close the connection
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext client, Throwable cause) {
        LOG.debug("relay to {}: {}", target, cause.toString());
        var _ = client.close();
    }

    private static void pass(
            Object bytes,
            ChannelOutboundInvoker to,
            ChannelHandlerContext from,
            Consumer<ChannelHandlerContext> readOn) {
        var _ =
                to.writeAndFlush(bytes)
                        .addListener(
                                sent -> {
                                    if (sent.isSuccess()) {
                                        readOn.accept(from);
                                    } else {
                                        var _ = from.close();
                                    }
                                });
    }

    /**
     * From the server to the client, whose context writes past the handlers of gRPC that stand
     * behind it.
     */
    private static final class Back extends ChannelInboundHandlerAdapter {
        private final ChannelHandlerContext client;

        Back(ChannelHandlerContext client) {
            this.client = client;
        }

        @Override
        public void channelRead(ChannelHandlerContext server, Object bytes) {
            pass(bytes, client, server, ChannelHandlerContext::read);
        }

        @Override
        public void channelInactive(ChannelHandlerContext server) {
            var _ =
                    client.writeAndFlush(Unpooled.EMPTY_BUFFER)
                            .addListener(ChannelFutureListener.CLOSE);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext server, Throwable cause) {
            LOG.debug("relay: {}", cause.toString());
            var _ = server.close();
        }
    }
}
