package dev.naiad.net.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.wire.Endpoint;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The end of a call whose client has not ended its own half. The Rust peers wait for the reset that
 * grpc-go sends then.
 */
@Timeout(120)
class HalfOpenCallTest {
    private static final MethodDescriptor<String, String> TALK =
            GrpcTest.method("test.Echo/Talk", MethodDescriptor.MethodType.BIDI_STREAMING);
    private static final MethodDescriptor<String, String> ECHO =
            GrpcTest.method("test.Echo/Echo", MethodDescriptor.MethodType.UNARY);

    private final EventLoops loops = new EventLoops("test", 1);
    private final GrpcServer server =
            new GrpcServer(
                    "test",
                    Endpoint.tcp("127.0.0.1", 0),
                    loops,
                    GrpcServer.Options.DEFAULT,
                    List.of(
                            () ->
                                    ServerServiceDefinition.builder("test.Echo")
                                            .addMethod(
                                                    TALK,
                                                    ServerCalls.asyncBidiStreamingCall(Talk::new))
                                            .addMethod(
                                                    ECHO,
                                                    ServerCalls.asyncUnaryCall(
                                                            (text, out) -> {
                                                                out.onNext(text);
                                                                out.onCompleted();
                                                            }))
                                            .build()));

    /** Ends the call at "bye", fails it at "fail", answers anything else. */
    private record Talk(StreamObserver<String> out) implements StreamObserver<String> {
        @Override
        public void onNext(String text) {
            switch (text) {
                case "bye" -> out.onCompleted();
                case "fail" -> out.onError(Status.NOT_FOUND.asRuntimeException());
                case "big" -> {
                    out.onNext("x".repeat(1 << 20)); // more than the window: trailers queue behind
                    out.onCompleted();
                }
                default -> out.onNext(text);
            }
        }

        @Override
        public void onError(Throwable cause) {}

        @Override
        public void onCompleted() {
            out.onCompleted();
        }
    }

    @BeforeEach
    void serve() {
        server.start();
    }

    @AfterEach
    void stop() {
        server.close();
        loops.close();
    }

    @Test
    void anEndedCallIsResetWithoutErrorWhileTheClientsHalfIsOpen() throws Exception {
        try (var client = new RawHttp2Client(server.port(), loops)) {
            var stream = client.call("/test.Echo/Talk");
            client.message(stream, "hi", false);
            assertThat(client.framesUntil("data")).containsExactly("headers", "data");
            client.message(stream, "bye", false);
            assertThat(client.framesUntil("reset"))
                    .containsExactly("trailers grpc-status 0", "reset 0");
        }
    }

    @Test
    void aFailedCallIsResetAfterItsStatus() throws Exception {
        try (var client = new RawHttp2Client(server.port(), loops)) {
            client.message(client.call("/test.Echo/Talk"), "fail", false);
            assertThat(client.framesUntil("reset"))
                    .containsExactly("trailers grpc-status 5", "reset 0");
            client.call("/test.Echo/Unknown");
            assertThat(client.framesUntil("reset"))
                    .containsExactly("trailers grpc-status 12", "reset 0");
        }
    }

    @Test
    void aCallWhoseClientHasEndedItsHalfIsNotReset() throws Exception {
        try (var client = new RawHttp2Client(server.port(), loops)) {
            client.message(client.call("/test.Echo/Echo"), "hi", true);
            assertThat(client.framesUntil("trailers"))
                    .containsExactly("headers", "data", "trailers grpc-status 0");
            client.ping();
            assertThat(client.framesUntil("pong")).containsExactly("pong");
        }
    }

    @Test
    void theConnectionServesOnAfterHundredsOfResets() throws Exception {
        try (var client = new RawHttp2Client(server.port(), loops)) {
            for (int i = 0; i < 300; i++) {
                client.message(client.call("/test.Echo/Talk"), "bye", false);
                assertThat(client.framesUntil("reset")).last().isEqualTo("reset 0");
            }
        }
    }

    @Test
    void aClientThatReadsTheStatusSeesItAndAllMessages() throws Exception {
        try (var channel = GrpcChannel.open(server.endpoint(), loops)) {
            BlockingQueue<Object> events = new LinkedBlockingQueue<>();
            for (String last : List.of("bye", "fail", "big")) {
                var call =
                        ClientCalls.asyncBidiStreamingCall(
                                channel.channel().newCall(TALK, CallOptions.DEFAULT),
                                new Events(events));
                call.onNext("hi");
                call.onNext(last);
            }
            var seen = new ArrayList<Object>();
            while (seen.size() < 7) {
                var event = events.poll(30, TimeUnit.SECONDS);
                assertThat(event).as("after %s", seen).isNotNull();
                seen.add(event);
            }
            assertThat(seen)
                    .containsExactlyInAnyOrder(
                            "hi",
                            "hi",
                            "hi",
                            "x".repeat(1 << 20),
                            Status.Code.OK,
                            Status.Code.NOT_FOUND,
                            Status.Code.OK);
        }
    }

    private record Events(BlockingQueue<Object> events) implements StreamObserver<String> {
        @Override
        public void onNext(String text) {
            events.add(text);
        }

        @Override
        public void onError(Throwable failure) {
            events.add(Status.fromThrowable(failure).getCode());
        }

        @Override
        public void onCompleted() {
            events.add(Status.Code.OK);
        }
    }
}
