package dev.naiad.net.grpc;

import dev.naiad.net.wire.Endpoint;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * A gRPC client connection, opened with its first call and kept; closing it cancels running calls.
 */
public final class GrpcChannel implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = 64 << 20;

    /**
     * Silence during a call after which the server is asked whether it is still there.
     *
     * <p>compat: servers written in Go send clients away that ask more often than every 5 minutes.
     */
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(310);

    private static final Duration KEEP_ALIVE_TIMEOUT = Duration.ofSeconds(10);

    private final ManagedChannel channel;

    private GrpcChannel(ManagedChannel channel) {
        this.channel = channel;
    }

    /** Callbacks run on virtual threads; they may block. */
    public static GrpcChannel open(Endpoint endpoint, EventLoops loops) {
        return open(endpoint, loops, KEEP_ALIVE);
    }

    /**
     * To a server that may be asked often whether it is still there.
     *
     * @param keepAlive silence during a call after which it is asked, at least 10 s; a server that
     *     does not answer within 10 s fails the calls with UNAVAILABLE
     */
    public static GrpcChannel open(Endpoint endpoint, EventLoops loops, Duration keepAlive) {
        return open(
                endpoint,
                loops,
                Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("grpc-client-", 0).factory()),
                keepAlive);
    }

    /** With an executor of callbacks; {@code Runnable::run} keeps them on the network threads. */
    public static GrpcChannel open(Endpoint endpoint, EventLoops loops, Executor executor) {
        return open(endpoint, loops, executor, KEEP_ALIVE);
    }

    private static GrpcChannel open(
            Endpoint endpoint, EventLoops loops, Executor executor, Duration keepAlive) {
        NettyChannelBuilder builder =
                switch (endpoint) {
                    case Endpoint.Unix(var path) ->
                            NettyChannelBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                                    .channelType(EpollDomainSocketChannel.class)
                                    .overrideAuthority("localhost");
                    case Endpoint.Tcp(var host, var port) ->
                            NettyChannelBuilder.forAddress(host, port)
                                    .channelType(EpollSocketChannel.class)
                                    .keepAliveTime(keepAlive.toNanos(), TimeUnit.NANOSECONDS)
                                    .keepAliveTimeout(
                                            KEEP_ALIVE_TIMEOUT.toNanos(), TimeUnit.NANOSECONDS);
                };
        return new GrpcChannel(
                builder.eventLoopGroup(loops.group())
                        .executor(executor)
                        .offloadExecutor(executor)
                        .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                        .proxyDetector(address -> null)
                        .disableRetry()
                        .usePlaintext()
                        .build());
    }

    /** For stubs. */
    public ManagedChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        channel.shutdownNow();
        try {
            channel.awaitTermination(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
