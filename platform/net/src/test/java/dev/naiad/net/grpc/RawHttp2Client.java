package dev.naiad.net.grpc;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Frame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A client that writes HTTP/2 frames one by one and tells which came back. */
final class RawHttp2Client implements AutoCloseable {
    private static final long PATIENCE_SECONDS = 30;

    private final BlockingQueue<String> frames = new LinkedBlockingQueue<>();
    private final Channel connection;

    RawHttp2Client(int port, EventLoops loops) {
        connection =
                new Bootstrap()
                        .group(loops.group())
                        .channel(EpollSocketChannel.class)
                        .handler(
                                new ChannelInitializer<>() {
                                    @Override
                                    protected void initChannel(Channel channel) {
                                        channel.pipeline()
                                                .addLast(
                                                        Http2FrameCodecBuilder.forClient().build(),
                                                        new Http2MultiplexHandler(new Recorder()),
                                                        new Recorder());
                                    }
                                })
                        .connect("127.0.0.1", port)
                        .syncUninterruptibly()
                        .channel();
    }

    @ChannelHandler.Sharable
    private final class Recorder extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object frame) {
            record(frame);
            ReferenceCountUtil.release(frame);
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext context, Object event) {
            record(event); // resets of a stream come this way
        }

        private void record(Object frame) {
            switch (frame) {
                case Http2HeadersFrame headers when headers.isEndStream() ->
                        frames.add("trailers grpc-status " + headers.headers().get("grpc-status"));
                case Http2HeadersFrame _ -> frames.add("headers");
                case Http2DataFrame _ -> frames.add("data");
                case Http2ResetFrame reset -> frames.add("reset " + reset.errorCode());
                case Http2PingFrame ping when ping.ack() -> frames.add("pong");
                default -> {}
            }
        }
    }

    /** Opens a stream with the headers of a call; its own half stays open. */
    Http2StreamChannel call(String path) {
        var stream =
                new Http2StreamChannelBootstrap(connection)
                        .handler(new Recorder())
                        .open()
                        .syncUninterruptibly()
                        .getNow();
        var headers =
                new DefaultHttp2Headers()
                        .method("POST")
                        .scheme("http")
                        .authority("localhost")
                        .path(path)
                        .set("content-type", "application/grpc")
                        .set("te", "trailers");
        send(stream, new DefaultHttp2HeadersFrame(headers));
        return stream;
    }

    /** Sends one message, and with {@code last} the end of this half. */
    void message(Http2StreamChannel stream, String text, boolean last) {
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        var frame = Unpooled.buffer().writeByte(0).writeInt(bytes.length).writeBytes(bytes);
        send(stream, new DefaultHttp2DataFrame(frame, last));
    }

    /** Asks for a sign that everything sent so far was read and answered. */
    void ping() {
        send(connection, new DefaultHttp2PingFrame(7));
    }

    private static void send(Channel to, Http2Frame frame) {
        to.writeAndFlush(frame).syncUninterruptibly();
    }

    /** The frames up to and with the first that begins like this. */
    List<String> framesUntil(String prefix) throws InterruptedException {
        var seen = new ArrayList<String>();
        while (true) {
            String frame = frames.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
            if (frame == null) {
                throw new AssertionError("no " + prefix + " came, only " + seen);
            }
            seen.add(frame);
            if (frame.startsWith(prefix)) {
                return seen;
            }
        }
    }

    @Override
    public void close() {
        connection.close().syncUninterruptibly();
    }
}
