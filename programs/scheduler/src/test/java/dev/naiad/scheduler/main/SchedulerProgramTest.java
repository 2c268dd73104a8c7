package dev.naiad.scheduler.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.scheduler.rpc.SchedulerLogLines;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedulerProgramTest {
    private static final Pattern ADDRESS =
            Pattern.compile(
                    Pattern.quote(SchedulerLogLines.SERVING) + " .*?(127\\.0\\.0\\.1:\\d+)");

    @TempDir Path dir;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final ProgramContext context =
            ProgramContext.forTest(
                    new PrintStream(out, true, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    Map.of());

    @Test
    void servesHealthUntilItIsAskedToStop() throws Exception {
        var config = config(0);
        var running =
                new FutureTask<>(
                        () -> new SchedulerProgram().run(context, List.of("--config", config)));
        Thread.ofVirtual().start(running);
        var loops = new EventLoops("test", 1);
        try (var channel = GrpcChannel.open(Endpoint.parse(awaitAddress()), loops)) {
            assertThat(
                            HealthGrpc.newBlockingStub(channel.channel())
                                    .withDeadlineAfter(60, TimeUnit.SECONDS)
                                    .check(HealthCheckRequest.getDefaultInstance())
                                    .getStatus())
                    .isEqualTo(ServingStatus.SERVING);
        } finally {
            loops.close();
            context.stop().request();
        }
        assertThat(running.get(60, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int code =
                    new SchedulerProgram()
                            .run(context, List.of("--config", config(taken.getLocalPort())));
            assertThat(code).isNotZero();
            assertThat(err.toString(StandardCharsets.UTF_8))
                    .contains("127.0.0.1:" + taken.getLocalPort())
                    .contains("in use");
        }
    }

    @Test
    void aMissingNamedConfigurationIsNamed() throws Exception {
        var missing = dir.resolve("none.yaml").toString();
        assertThat(new SchedulerProgram().run(context, List.of("--config", missing))).isNotZero();
        assertThat(err.toString(StandardCharsets.UTF_8)).contains(missing);
    }

    @Test
    void versionAndHelpAreAnswered() throws Exception {
        assertThat(new SchedulerProgram().run(context, List.of("version"))).isZero();
        assertThat(new SchedulerProgram().run(context, List.of("--help"))).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("scheduler version")
                .contains("--config")
                .contains("--dynconfig");
    }

    private String config(int port) throws Exception {
        var file = dir.resolve("scheduler.yaml");
        Files.writeString(
                file,
                "server: {listenIP: 127.0.0.1, port: %d, logDir: %s}\nmetrics: {enable: true, addr: \"127.0.0.1:0\"}\n"
                        .formatted(port, dir));
        return file.toString();
    }

    private String awaitAddress() throws Exception {
        var log = dir.resolve("scheduler/core.log");
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (System.nanoTime() < deadline) {
            if (Files.exists(log)) {
                var found = ADDRESS.matcher(Files.readString(log));
                if (found.find()) {
                    return found.group(1);
                }
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
        }
        throw new AssertionError(
                "the scheduler did not come up: " + err.toString(StandardCharsets.UTF_8));
    }
}
