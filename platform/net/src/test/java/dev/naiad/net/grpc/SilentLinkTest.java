package dev.naiad.net.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.wire.Endpoint;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls over a link that is up but carries nothing any more. */
@Timeout(120)
class SilentLinkTest {
    private static final MethodDescriptor<String, String> TALK =
            GrpcTest.method("test.Echo/Talk", MethodDescriptor.MethodType.BIDI_STREAMING);

    private final EventLoops loops = new EventLoops("test", 1);
    private final BlockingQueue<String> serverEvents = new LinkedBlockingQueue<>();
    private final BlockingQueue<Status> clientEvents = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        loops.close();
    }

    @Test
    void theServerCancelsTheCallsOfAClientThatDoesNotAnswer() throws Exception {
        try (var server = server(Duration.ofMillis(200));
                var link = new Link(server.port());
                var channel = GrpcChannel.open(link.endpoint(), loops)) {
            talk(channel);
            link.freeze();
            assertThat(serverEvents.poll(60, TimeUnit.SECONDS)).isEqualTo("cancelled");
        }
    }

    @Test
    @Tag("slow") // grpc-java asks every 10 s at most
    void theClientFailsTheCallsToAServerThatDoesNotAnswer() throws Exception {
        try (var server = server(Duration.ofMinutes(10));
                var link = new Link(server.port());
                var channel = GrpcChannel.open(link.endpoint(), loops, Duration.ofSeconds(10))) {
            talk(channel);
            link.freeze();
            var status = clientEvents.poll(60, TimeUnit.SECONDS);
            assertThat(status).isNotNull();
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        }
    }

    private GrpcServer server(Duration keepAlive) {
        var service =
                ServerServiceDefinition.builder("test.Echo")
                        .addMethod(TALK, ServerCalls.asyncBidiStreamingCall(this::serve))
                        .build();
        var server =
                new GrpcServer(
                        "test",
                        Endpoint.tcp("127.0.0.1", 0),
                        loops,
                        GrpcServer.Options.DEFAULT
                                .withStopDeadline(Duration.ZERO)
                                .withLimits(ConnectionLimits.DEFAULT.withKeepAlive(keepAlive)),
                        List.of(() -> service));
        server.start();
        return server;
    }

    private StreamObserver<String> serve(StreamObserver<String> out) {
        ((ServerCallStreamObserver<String>) out)
                .setOnCancelHandler(() -> serverEvents.add("cancelled"));
        return new StreamObserver<>() {
            @Override
            public void onNext(String text) {
                serverEvents.add(text);
            }

            @Override
            public void onError(Throwable cause) {}

            @Override
            public void onCompleted() {}
        };
    }

    private void talk(GrpcChannel channel) throws InterruptedException {
        ClientCalls.asyncBidiStreamingCall(
                        channel.channel().newCall(TALK, CallOptions.DEFAULT),
                        new StreamObserver<String>() {
                            @Override
                            public void onNext(String text) {}

                            @Override
                            public void onError(Throwable failure) {
                                clientEvents.add(Status.fromThrowable(failure));
                            }

                            @Override
                            public void onCompleted() {}
                        })
                .onNext("hi");
        assertThat(serverEvents.poll(60, TimeUnit.SECONDS)).isEqualTo("hi");
    }

    /** Forwards bytes between a client and the server until it is frozen. */
    private static final class Link implements AutoCloseable {
        private final ServerSocket listener =
                new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        private final List<Socket> sockets = new CopyOnWriteArrayList<>();
        private volatile boolean frozen;

        Link(int port) throws IOException {
            Thread.ofVirtual().start(() -> accept(port));
        }

        Endpoint endpoint() {
            return Endpoint.tcp("127.0.0.1", listener.getLocalPort());
        }

        void freeze() {
            frozen = true;
        }

        private void accept(int port) {
            while (true) {
                try {
                    var client = listener.accept();
                    var server = new Socket(InetAddress.getLoopbackAddress(), port);
                    sockets.addAll(List.of(client, server));
                    Thread.ofVirtual().start(() -> forward(client, server));
                    Thread.ofVirtual().start(() -> forward(server, client));
                } catch (IOException closed) {
                    return;
                }
            }
        }

        private void forward(Socket from, Socket to) {
            var buffer = new byte[8192];
            try {
                for (int n = from.getInputStream().read(buffer);
                        n >= 0;
                        n = from.getInputStream().read(buffer)) {
                    if (!frozen) {
                        to.getOutputStream().write(buffer, 0, n);
                    }
                }
            } catch (IOException closed) {
                // The test is over, or one end gave up.
            }
        }

        @Override
        public void close() throws IOException {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
