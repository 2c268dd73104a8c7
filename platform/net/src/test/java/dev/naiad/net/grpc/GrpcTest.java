package dev.naiad.net.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.net.wire.Endpoint;
import io.grpc.BindableService;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class GrpcTest {
    private static final MethodDescriptor<String, String> ECHO =
            method("test.Echo/Echo", MethodDescriptor.MethodType.UNARY);

    private final EventLoops loops = new EventLoops("test", 1);
    private Path dir = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        dir = Files.createTempDirectory(Path.of("/tmp"), "nd");
    }

    @AfterEach
    void close() throws IOException {
        loops.close();
        Files.deleteIfExists(dir);
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A method that takes and answers text. */
    static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder()
                .setType(type)
                .setFullMethodName(name)
                .setRequestMarshaller(new Text())
                .setResponseMarshaller(new Text())
                .build();
    }

    private static BindableService echo() {
        return () ->
                ServerServiceDefinition.builder("test.Echo")
                        .addMethod(
                                ECHO,
                                ServerCalls.asyncUnaryCall(
                                        (request, observer) -> {
                                            if (request.equals("fail")) {
                                                var failure =
                                                        new NaiadException(
                                                                ErrorKind.ALREADY_EXISTS,
                                                                "target snapshot \"x\"");
                                                observer.onError(
                                                        GrpcStatus.of(failure)
                                                                .asRuntimeException());
                                                return;
                                            }
                                            observer.onNext(
                                                    request
                                                            + " "
                                                            + Thread.currentThread().isVirtual());
                                            observer.onCompleted();
                                        }))
                        .build();
    }

    private String call(Endpoint endpoint, String text) {
        try (var channel = GrpcChannel.open(endpoint, loops)) {
            return ClientCalls.blockingUnaryCall(
                    channel.channel(), ECHO, CallOptions.DEFAULT, text);
        }
    }

    private GrpcServer start(Endpoint endpoint, GrpcServer.Options options) {
        var server = new GrpcServer("test", endpoint, loops, options, List.of(echo()));
        server.start();
        return server;
    }

    @Test
    void tcpCallsRunOnVirtualThreadsUnlessDirect() {
        try (var server = start(Endpoint.tcp("127.0.0.1", 0), GrpcServer.Options.DEFAULT)) {
            assertThat(call(server.endpoint(), "hi")).isEqualTo("hi true");
        }
        try (var server =
                start(Endpoint.tcp("127.0.0.1", 0), GrpcServer.Options.DEFAULT.withDirect())) {
            assertThat(call(server.endpoint(), "hi")).isEqualTo("hi false");
        }
    }

    @Test
    void unixSocketHasItsModeReplacesAStaleFileAndIsRemoved() throws Exception {
        Path socket = dir.resolve("g.sock");
        try (var stale =
                java.nio.channels.ServerSocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
            stale.bind(java.net.UnixDomainSocketAddress.of(socket));
        }
        try (var server =
                start(
                        Endpoint.unix(socket),
                        GrpcServer.Options.DEFAULT.withSocketMode("rw-rw----"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                    .isEqualTo("rw-rw----");
            assertThat(call(server.endpoint(), "hi")).isEqualTo("hi true");
            var second =
                    new GrpcServer(
                            "second",
                            Endpoint.unix(socket),
                            loops,
                            GrpcServer.Options.DEFAULT,
                            List.of(echo()));
            assertThatThrownBy(second::start).hasMessageContaining(socket.toString());
            assertThat(call(server.endpoint(), "still")).isEqualTo("still true");
        }
        assertThat(socket).doesNotExist();
    }

    @Test
    void failuresCrossWithKindAndText() {
        try (var server = start(Endpoint.tcp("127.0.0.1", 0), GrpcServer.Options.DEFAULT)) {
            assertThatThrownBy(() -> call(server.endpoint(), "fail"))
                    .isInstanceOfSatisfying(
                            StatusRuntimeException.class,
                            e -> {
                                var mapped = GrpcStatus.toException("Prepare", e);
                                assertThat(mapped.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS);
                                assertThat(mapped.what())
                                        .isEqualTo("Prepare: target snapshot \"x\"");
                            });
        }
    }

    @Test
    void portInUseIsNamed() {
        try (var server = start(Endpoint.tcp("127.0.0.1", 0), GrpcServer.Options.DEFAULT)) {
            var second =
                    new GrpcServer(
                            "second",
                            server.endpoint(),
                            loops,
                            GrpcServer.Options.DEFAULT,
                            List.of(echo()));
            assertThatThrownBy(second::start)
                    .hasMessageContaining(server.endpoint().toString())
                    .hasMessageContaining("in use");
        }
    }
}
