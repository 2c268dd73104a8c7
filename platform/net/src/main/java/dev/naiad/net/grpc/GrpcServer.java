package dev.naiad.net.grpc;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.life.Startable;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.net.wire.ListenSocket;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A gRPC server on one TCP port or unix socket. Every call runs on its own virtual thread, so
 * services may block, unless {@link Options#direct} runs them on the network threads (then they
 * must never block). {@link #start} binds and serves; {@link #close} lets running calls finish
 * within the deadline and cancels the rest.
 */
public final class GrpcServer implements Startable, AutoCloseable {
    /** For calls to notice that they are cancelled. */
    private static final Duration AFTER_CANCEL = Duration.ofSeconds(2);

    private final String name;
    private final Endpoint endpoint;
    private final EventLoops loops;
    private final Options options;
    private final List<BindableService> services;
    private final CallThreads calls;
    private @Nullable Server server;
    private @Nullable Object socketKey;

    /**
     * What differs between servers.
     *
     * @param direct runs calls on the network threads
     * @param limits of each connection
     * @param stopDeadline for running calls when the server closes
     * @param socketMode of a unix socket, as {@code rw-------}
     * @param endless methods whose callers set a deadline that they do not mean
     * @param others another server that connections which do not begin with HTTP/2 are passed on to
     */
    public record Options(
            boolean direct,
            ConnectionLimits limits,
            Duration stopDeadline,
            String socketMode,
            List<ServerInterceptor> interceptors,
            Set<String> endless,
            Optional<InetSocketAddress> others) {
        public static final Options DEFAULT =
                new Options(
                        false,
                        ConnectionLimits.DEFAULT,
                        Duration.ofSeconds(3),
                        "rw-------",
                        List.of(),
                        Set.of(),
                        Optional.empty());

        public Options {
            interceptors = List.copyOf(interceptors);
            endless = Set.copyOf(endless);
        }

        public Options withDirect() {
            return new Options(
                    true, limits, stopDeadline, socketMode, interceptors, endless, others);
        }

        public Options withLimits(ConnectionLimits perConnection) {
            return new Options(
                    direct, perConnection, stopDeadline, socketMode, interceptors, endless, others);
        }

        public Options withMaxMessageBytes(int bytes) {
            return withLimits(limits.withMessageBytes(bytes));
        }

        public Options withStopDeadline(Duration deadline) {
            return new Options(direct, limits, deadline, socketMode, interceptors, endless, others);
        }

        public Options withSocketMode(String mode) {
            return new Options(direct, limits, stopDeadline, mode, interceptors, endless, others);
        }

        public Options withInterceptors(List<ServerInterceptor> all) {
            return new Options(direct, limits, stopDeadline, socketMode, all, endless, others);
        }

        /** Methods ({@code package.Service/Method}) whose callers' deadlines do not count. */
        public Options withEndless(Set<String> methods) {
            return new Options(
                    direct, limits, stopDeadline, socketMode, interceptors, methods, others);
        }

        /** Shares the TCP port with another server, whose clients speak first as gRPC's do. */
        public Options withOthers(InetSocketAddress server) {
            return new Options(
                    direct,
                    limits,
                    stopDeadline,
                    socketMode,
                    interceptors,
                    endless,
                    Optional.of(server));
        }
    }

    public GrpcServer(
            String name,
            Endpoint endpoint,
            EventLoops loops,
            Options options,
            List<? extends BindableService> services) {
        this.name = name;
        this.endpoint = endpoint;
        this.loops = loops;
        this.options = options;
        this.services = List.copyOf(services);
        this.calls = new CallThreads(name);
    }

    @Override
    public void start() {
        try {
            var builder = builder();
            builder.bossEventLoopGroup(loops.group());
            builder.workerEventLoopGroup(loops.group());
            limit(builder, options.limits());
            builder.executor(options.direct() ? Runnable::run : calls);
            builder.protocolNegotiator(new Negotiation(new HalfOpenCalls(), options.others()));
            // Clients of the originals ping often and without calls; they must not be sent away for
            // that.
            builder.permitKeepAliveTime(5, TimeUnit.SECONDS).permitKeepAliveWithoutCalls(true);
            options.interceptors().forEach(builder::intercept);
            if (!options.endless().isEmpty()) {
                builder.addStreamTracerFactory(new EndlessCalls(options.endless()));
            }
            services.forEach(builder::addService);
            var built = builder.build();
            server = built.start();
            if (endpoint instanceof Endpoint.Unix(var path)) {
                Files.setPosixFilePermissions(
                        path, PosixFilePermissions.fromString(options.socketMode()));
                socketKey = key(path);
            }
        } catch (IOException e) {
            close();
            throw new NaiadException(
                    ErrorKind.ALREADY_EXISTS,
                    name + ": cannot listen on " + endpoint + ": " + rootMessage(e),
                    e);
        }
    }

    private void limit(NettyServerBuilder builder, ConnectionLimits limits) {
        builder.maxInboundMessageSize(limits.messageBytes());
        builder.maxInboundMetadataSize(limits.headerBytes());
        builder.maxConcurrentCallsPerConnection(limits.calls());
        if (endpoint instanceof Endpoint.Tcp) {
            // A peer behind a dead link says nothing more; its calls must not stay open for ever.
            builder.keepAliveTime(limits.keepAlive().toNanos(), TimeUnit.NANOSECONDS)
                    .keepAliveTimeout(limits.answerWithin().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable at = failure;
        while (at.getCause() != null) {
            at = at.getCause();
        }
        return at.getMessage() == null ? at.toString() : at.getMessage();
    }

    private NettyServerBuilder builder() throws IOException {
        return switch (endpoint) {
            case Endpoint.Unix(var path) -> {
                Path parent = path.toAbsolutePath().getParent();
                if (parent != null) {
                    Files.createDirectories(parent);
                }
                ListenSocket.removeStale(path);
                yield NettyServerBuilder.forAddress(new DomainSocketAddress(path.toFile()))
                        .channelType(EpollServerDomainSocketChannel.class);
            }
            case Endpoint.Tcp(var host, var port) ->
                    NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
                            .channelType(EpollServerSocketChannel.class);
        };
    }

    /** Where it listens; the port is the real one. */
    public Endpoint endpoint() {
        return endpoint instanceof Endpoint.Tcp(var host, _)
                ? Endpoint.tcp(host, port())
                : endpoint;
    }

    /** The TCP port. */
    public int port() {
        var running = server;
        if (running == null) {
            throw new IllegalStateException(name + " is not started");
        }
        return running.getPort();
    }

    @Override
    public void close() {
        var running = server;
        if (running == null) {
            return;
        }
        running.shutdown();
        boolean interrupted = false;
        try {
            if (!running.awaitTermination(
                    options.stopDeadline().toMillis(), TimeUnit.MILLISECONDS)) {
                running.shutdownNow();
                running.awaitTermination(AFTER_CANCEL.toMillis(), TimeUnit.MILLISECONDS);
            }
            calls.awaitEnd(AFTER_CANCEL);
        } catch (InterruptedException e) {
            running.shutdownNow();
            interrupted = true;
        }
        removeSocket();
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void removeSocket() {
        if (endpoint instanceof Endpoint.Unix(var path) && socketKey != null) {
            try {
                if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && socketKey.equals(key(path))) {
                    Files.deleteIfExists(path);
                }
            } catch (IOException e) {
                // A file that is left over is removed by the next start.
            }
        }
    }

    private static @Nullable Object key(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    }
}
