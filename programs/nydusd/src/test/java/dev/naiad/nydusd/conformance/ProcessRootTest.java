package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.builder.BuildOptions;
import dev.naiad.linux.MountInfo;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** nydusd as a process: signals, kills and what they leave behind. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ProcessRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");
    private Path socket = Path.of("/");
    private Path log = Path.of("/");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = place.path();
        source = Files.createDirectory(directory.resolve("source"));
        mountpoint = place.mountpoint();
        socket = directory.resolve("api.sock");
        log = directory.resolve("logs/id/nydusd.log");
        for (int i = 0; i < 20; i++) {
            Files.write(source.resolve("file" + i), ConformanceTree.random(200_000, i));
        }
        var image = TestImage.build(source, directory, BuildOptions.defaults());
        Files.writeString(
                directory.resolve("config.json"), image.config(directory.resolve("cache"), false));
    }

    private RunningProcess start() {
        return NydusdProcess.start(directory, List.of("--log-file", log.toString()));
    }

    private NydusdClient client() {
        return new NydusdClient(socket, Duration.ofSeconds(60));
    }

    private void assertTreeIsRead() {
        // diff maps nothing and runs in a process of its own.
        assertThat(Commands.run("diff", "-r", source.toString(), mountpoint.toString()).output())
                .isEmpty();
    }

    private long mounts() {
        return MountInfo.current().stream()
                .filter(mount -> mount.mountPoint().equals(RawPath.of(mountpoint)))
                .count();
    }

    @Test
    void sigtermUnmountsAndExitsWith0() {
        try (var nydusd = start()) {
            assertTreeIsRead();
            assertThat(MountInfo.at(RawPath.of(mountpoint)).orElseThrow().source())
                    .isEqualTo("rafs");
            assertThat(log).exists();
            assertThat(nydusd.terminate()).isZero();
            assertThat(nydusd.output()).as("nothing but the log file is written").isEmpty();
        }
        assertThat(mounts()).isZero();
        assertThat(socket).doesNotExist();
    }

    @Test
    void afterAKillANewDaemonMountsAnewWithWhatTheOldOneFetched() {
        try (var nydusd = start()) {
            assertTreeIsRead();
            nydusd.kill();
        }
        assertThat(mounts()).as("the dead mount stays").isEqualTo(1);
        try (var nydusd = start()) {
            assertTreeIsRead();
            assertThat(mounts()).isEqualTo(1);
            assertThat(client().backendMetrics(java.util.Optional.empty()).readCount()).isZero();
            assertThat(nydusd.terminate()).isZero();
        }
        assertThat(mounts()).isZero();
    }

    @Test
    void aKilledDaemonLeavesAnErrorAndNoHangingReader() {
        try (var nydusd = start()) {
            assertTreeIsRead();
            nydusd.kill();
        }
        assertThat(
                        Commands.run(
                                        "cat",
                                        mountpoint
                                                .resolve("file-that-was-never-asked-for")
                                                .toString())
                                .exitCode())
                .isNotZero();
    }

    @Test
    void theSilentConnectionEndsWithTheDaemon() {
        try (var nydusd = start();
                var liveness = client().openLiveness()) {
            nydusd.kill();
            assertThat(liveness.awaitEnd()).isTrue();
        }
    }
}
