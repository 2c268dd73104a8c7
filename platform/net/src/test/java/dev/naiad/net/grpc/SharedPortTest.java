package dev.naiad.net.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.net.wire.Endpoint;
import io.grpc.CallOptions;
import io.grpc.MethodDescriptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A gRPC server that passes connections of another protocol on to another server. */
@Timeout(120)
class SharedPortTest {
    private static final MethodDescriptor<String, String> ECHO =
            GrpcTest.method("test.Echo/Echo", MethodDescriptor.MethodType.UNARY);
    private static final int QUESTION = 4;

    private final EventLoops loops = new EventLoops("test", 1);
    private final byte[] answer = new byte[8 << 20];
    private ServerSocket other;
    private GrpcServer server;

    @BeforeEach
    void serve() throws IOException {
        new Random(7).nextBytes(answer);
        other = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::answerQuestions);
        server =
                new GrpcServer(
                        "test",
                        Endpoint.tcp("127.0.0.1", 0),
                        loops,
                        GrpcServer.Options.DEFAULT.withOthers(
                                new InetSocketAddress(
                                        InetAddress.getLoopbackAddress(), other.getLocalPort())),
                        List.of(
                                () ->
                                        ServerServiceDefinition.builder("test.Echo")
                                                .addMethod(
                                                        ECHO,
                                                        ServerCalls.asyncUnaryCall(
                                                                (text, out) -> {
                                                                    out.onNext(text);
                                                                    out.onCompleted();
                                                                }))
                                                .build()));
        server.start();
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        loops.close();
        other.close();
    }

    /** Reads four bytes, says them and eight MiB more, and closes. */
    private void answerQuestions() {
        while (true) {
            try (Socket client = other.accept()) {
                client.getOutputStream().write(client.getInputStream().readNBytes(QUESTION));
                client.getOutputStream().write(answer);
            } catch (IOException closed) {
                if (other.isClosed()) {
                    return;
                }
            }
        }
    }

    private Socket connect() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), server.port());
    }

    private void assertAnswered(Socket client, byte[] question) throws IOException {
        assertThat(client.getInputStream().readNBytes(QUESTION)).isEqualTo(question);
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(answer);
    }

    @Test
    void theOtherProtocolGetsItsWholeAnswerAndNothingOfHttp2() throws Exception {
        byte[] question = {0, 1, 2, 3};
        try (Socket client = connect()) {
            client.getOutputStream().write(question);
            assertAnswered(client, question);
        }
    }

    @Test
    void aQuestionThatBeginsLikeHttp2AndComesInPartsIsPassedOn() throws Exception {
        byte[] question = {'P', 0, 'I', ' '};
        try (Socket client = connect()) {
            client.setTcpNoDelay(true);
            for (byte each : question) {
                client.getOutputStream().write(each);
                Thread.sleep(20); // so that most arrive by themselves; nothing depends on it
            }
            assertAnswered(client, question);
        }
    }

    @Test
    void aClientMayCloseItsHalfAfterItsQuestion() throws Exception {
        byte[] question = {9, 9, 9, 9};
        try (Socket client = connect()) {
            client.getOutputStream().write(question);
            client.shutdownOutput();
            assertAnswered(client, question);
        }
    }

    @Test
    void aServerThatIsGoneClosesTheConnectionAndGrpcGoesOn() throws Exception {
        other.close();
        try (Socket client = connect()) {
            client.getOutputStream().write(new byte[] {0, 1, 2, 3});
            assertThat(client.getInputStream().read()).isEqualTo(-1);
        }
        assertCallsWork();
    }

    @Test
    void callsWork() throws Exception {
        assertCallsWork();
    }

    private void assertCallsWork() throws Exception {
        try (var channel = GrpcChannel.open(server.endpoint(), loops)) {
            assertThat(
                            ClientCalls.blockingUnaryCall(
                                    channel.channel(), ECHO, CallOptions.DEFAULT, "hi"))
                    .isEqualTo("hi");
        }
    }
}
