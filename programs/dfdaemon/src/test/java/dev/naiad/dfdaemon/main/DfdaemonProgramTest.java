package dev.naiad.dfdaemon.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DfdaemonProgramTest {
    private final ShortTempDir dir = ShortTempDir.create();
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8);
    private final ProgramContext context = ProgramContext.forTest(print, print, Map.of());

    @AfterEach
    void delete() {
        dir.close();
    }

    private List<String> args(String yaml) throws Exception {
        Path config = dir.resolve("dfdaemon.yaml");
        Files.writeString(config, yaml);
        return List.of(
                "--config",
                config.toString(),
                "--dynconfig",
                dir.resolve("dynconfig.yaml").toString(),
                "--log-dir",
                dir.resolve("log").toString());
    }

    private String yaml(int proxyPort) {
        return """
               host: {ip: 127.0.0.1, hostname: node1}
               storage: {dir: %s, server: {ip: 127.0.0.1, tcpPort: 0}}
               upload: {server: {ip: 127.0.0.1, port: 0}}
               proxy: {server: {ip: 127.0.0.1, port: %d}}
               health: {server: {ip: 127.0.0.1, port: 0}}
               metrics: {server: {ip: 127.0.0.1, port: 0}}
               download: {server: {socketPath: %s}}
               """
                .formatted(dir.resolve("data"), proxyPort, dir.resolve("d.sock"));
    }

    @Test
    void servesUntilItIsAskedToStopAndLogsToItsFile() throws Exception {
        List<String> args = args(yaml(0));
        Files.writeString(dir.resolve("dynconfig.yaml"), "scheduler: {addrs: [\"127.0.0.1:1\"]}\n");
        var running = new FutureTask<>(() -> new DfdaemonProgram().run(context, args));
        Thread.ofVirtual().start(running);
        Path log = dir.resolve("log/dfdaemon.log");
        Await.until(
                "dfdaemon serves",
                () ->
                        running.isDone()
                                || (Files.exists(log)
                                        && Files.readString(log)
                                                .contains("serves as 127.0.0.1-node1")));
        assertThat(running.isDone()).as(out.toString(StandardCharsets.UTF_8)).isFalse();
        assertThat(dir.resolve("d.sock")).exists();
        context.stop().request();
        assertThat(running.get(60, TimeUnit.SECONDS)).isZero();
        assertThat(dir.resolve("d.sock")).doesNotExist();
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            int code = new DfdaemonProgram().run(context, args(yaml(taken.getLocalPort())));
            assertThat(code).isEqualTo(1);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .contains(Integer.toString(taken.getLocalPort()));
        }
    }

    @Test
    void mistakesOfTheFileEndTheStart() throws Exception {
        int code = new DfdaemonProgram().run(context, args("upload: {server: {port: x}}\n"));
        assertThat(code).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("Load config")
                .contains("upload.server.port");
    }

    @Test
    void aMissingFileIsNamed() throws Exception {
        String missing = dir.resolve("none.yaml").toString();
        assertThat(new DfdaemonProgram().run(context, List.of("-c", missing))).isEqualTo(1);
        assertThat(out.toString(StandardCharsets.UTF_8)).contains(missing);
    }

    @Test
    void versionAndHelpAreAnswered() throws Exception {
        assertThat(new DfdaemonProgram().run(context, List.of("--version"))).isZero();
        assertThat(new DfdaemonProgram().run(context, List.of("--help"))).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8))
                .contains("dfdaemon 0.1.0")
                .contains("--dynconfig")
                .contains("--log-max-file-size");
        assertThat(new DfdaemonProgram().run(context, List.of("--nonsense"))).isEqualTo(2);
    }
}
