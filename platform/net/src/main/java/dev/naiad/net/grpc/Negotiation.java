package dev.naiad.net.grpc;

import io.grpc.Attributes;
import io.grpc.netty.GrpcHttp2ConnectionHandler;
import io.grpc.netty.InternalProtocolNegotiationEvent;
import io.grpc.netty.InternalProtocolNegotiator;
import io.grpc.netty.ProtocolNegotiationEvent;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.unix.PeerCredentials;
import io.netty.util.AsciiString;
import java.net.InetSocketAddress;
import java.util.Optional;

/**
 * What happens on a connection before gRPC has it: the kernel says who connected, the first bytes
 * say whether it is gRPC at all.
 */
final class Negotiation implements InternalProtocolNegotiator.ProtocolNegotiator {
    private final InternalProtocolNegotiator.ProtocolNegotiator grpc;
    private final Optional<InetSocketAddress> others;

    /** Passes connections on to {@code grpc}, those that are not HTTP/2 to {@code others}. */
    Negotiation(
            InternalProtocolNegotiator.ProtocolNegotiator grpc,
            Optional<InetSocketAddress> others) {
        this.grpc = grpc;
        this.others = others;
    }

    @Override
    public AsciiString scheme() {
        return grpc.scheme();
    }

    @Override
    public ChannelHandler newHandler(GrpcHttp2ConnectionHandler connection) {
        var credentials = new Credentials(grpc.newHandler(connection));
        return others.<ChannelHandler>map(to -> new FirstBytes(to, credentials))
                .orElse(credentials);
    }

    @Override
    public void close() {
        grpc.close();
    }

    /** Adds the peer to the attributes of the calls to come, then makes way for gRPC. */
    private static final class Credentials extends ChannelInboundHandlerAdapter {
        private final ChannelHandler next;

        Credentials(ChannelHandler next) {
            this.next = next;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext context) {
            context.pipeline().addAfter(context.name(), null, next);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event)
                throws Exception {
            if (!(event instanceof ProtocolNegotiationEvent negotiation)) {
                super.userEventTriggered(context, event);
                return;
            }
            ProtocolNegotiationEvent passed = negotiation;
            if (context.channel() instanceof EpollDomainSocketChannel socket) {
                PeerCredentials peer = socket.peerCredentials();
                Attributes attributes =
                        InternalProtocolNegotiationEvent.getAttributes(negotiation).toBuilder()
                                .set(UnixPeer.ATTRIBUTE, of(peer))
                                .build();
                passed = InternalProtocolNegotiationEvent.withAttributes(negotiation, attributes);
            }
            context.fireUserEventTriggered(passed);
            context.pipeline().remove(this);
        }

        private static UnixPeer of(PeerCredentials peer) {
            int[] groups = peer.gids();
            if (groups.length == 0) {
                throw new IllegalStateException("the kernel names no group of the peer");
            }
            return new UnixPeer(
                    peer.pid(),
                    Integer.toUnsignedLong(peer.uid()),
                    Integer.toUnsignedLong(groups[0]));
        }
    }
}
