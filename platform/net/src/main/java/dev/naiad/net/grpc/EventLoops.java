package dev.naiad.net.grpc;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.TimeUnit;

/**
 * The Netty threads of a process: make one, give it to each gRPC server and channel, close it last.
 */
public final class EventLoops implements AutoCloseable {
    private final EventLoopGroup group;

    /**
     * @param threads one is enough for control traffic; they are daemons
     */
    public EventLoops(String name, int threads) {
        this.group =
                new MultiThreadIoEventLoopGroup(
                        threads,
                        new DefaultThreadFactory(name + "-net", true),
                        EpollIoHandler.newFactory());
    }

    public EventLoopGroup group() {
        return group;
    }

    @Override
    public void close() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
