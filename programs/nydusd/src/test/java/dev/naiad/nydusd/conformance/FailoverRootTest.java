package dev.naiad.nydusd.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.builder.BuildOptions;
import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.nydusd.main.NydusdMain;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.RunningProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A daemon dies or is replaced, and readers of its mount do not notice. */
@Tag("root")
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class FailoverRootTest {
    @RegisterExtension final MountDirectory place = new MountDirectory();

    private Path directory = Path.of("/");
    private Path source = Path.of("/");
    private Path mountpoint = Path.of("/");
    private TestImage image = new TestImage(source, source, "");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = place.path();
        source = Files.createDirectory(directory.resolve("source"));
        mountpoint = place.mountpoint();
        for (int i = 0; i < 12; i++) {
            Files.write(source.resolve("file" + i), ConformanceTree.random(300_000, i));
        }
        image = TestImage.build(source, directory, BuildOptions.defaults());
        Files.writeString(
                directory.resolve("config.json"), image.config(directory.resolve("cache"), false));
    }

    private Path socket(String name) {
        return directory.resolve(name + ".sock");
    }

    private NydusdClient client(String api) {
        return new NydusdClient(socket(api), Duration.ofSeconds(60));
    }

    private RunningProcess start(String api, List<String> more) {
        var classPath = System.getProperty("surefire.test.class.path");
        var command = new ArrayList<String>();
        command.add(ProcessHandle.current().info().command().orElse("java"));
        command.addAll(
                List.of(
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        classPath != null ? classPath : System.getProperty("java.class.path"),
                        NydusdMain.class.getName(),
                        "fuse",
                        "--id",
                        "test",
                        "--supervisor",
                        socket("supervisor").toString(),
                        "--mountpoint",
                        mountpoint.toString(),
                        "--apisock",
                        socket(api).toString()));
        command.addAll(more);
        return RunningProcess.start(
                directory.resolve("output-" + System.nanoTime()), Map.of(), command);
    }

    private List<String> dedicated() {
        return List.of(
                "--config",
                directory.resolve("config.json").toString(),
                "--bootstrap",
                image.bootstrap().toString());
    }

    private void await(RunningProcess process, String api, DaemonState wanted) {
        Await.until(
                "nydusd is " + wanted,
                () -> {
                    if (!process.isAlive()) {
                        throw new AssertionError("nydusd ended: " + process.output());
                    }
                    try {
                        return client(api).daemonInfo().state() == wanted;
                    } catch (dev.naiad.base.error.NaiadException e) {
                        return false; // not yet
                    }
                });
    }

    /**
     * Compares the files again and again in other processes, past the kernel's cache, so that each
     * read asks the daemon. Ends with 1 at the first difference or error.
     */
    private RunningProcess storm(Path tree) throws IOException {
        var script = directory.resolve("storm.sh");
        Files.writeString(
                script,
                """
                cd '%s' || exit 1
                n=0
                while [ ! -e '%s/enough' ]; do
                  for f in *; do
                    dd if='%s'/"$f" iflag=direct bs=128k status=none > '%s/read' || { echo "ERROR $f"; exit 1; }
                    cmp "$f" '%s/read' || exit 1
                  done
                  n=$((n+1))
                  echo $n > '%s/rounds.new' && mv '%s/rounds.new' '%s/rounds'
                done
                """
                        .formatted(
                                source, directory, tree, directory, directory, directory, directory,
                                directory));
        return RunningProcess.start(
                directory.resolve("storm"), Map.of(), List.of("sh", script.toString()));
    }

    private long rounds() {
        try {
            return Long.parseLong(Files.readString(directory.resolve("rounds")).strip());
        } catch (IOException | NumberFormatException e) {
            return 0;
        }
    }

    private void awaitMoreRounds(RunningProcess storm) {
        long before = rounds();
        Await.until(
                "the reader reads on",
                () -> {
                    assertThat(storm.isAlive()).as(storm.output()).isTrue();
                    return rounds() >= before + 2;
                });
    }

    private void finish(RunningProcess storm) throws IOException {
        Files.createFile(directory.resolve("enough"));
        assertThat(storm.awaitExit()).as(storm.output()).isZero();
    }

    @Test
    void readersDoNotNoticeThatTheirDaemonWasKilled() throws Exception {
        try (var supervisor = new TestSupervisor(socket("supervisor"));
                var first = start("api", dedicated())) {
            await(first, "api", DaemonState.RUNNING);
            supervisor.save(client("api")::sendFd);
            assertThat(supervisor.descriptors()).isEqualTo(1);
            try (var storm = storm(mountpoint)) {
                awaitMoreRounds(storm);
                first.kill();
                // The same arguments as at first: the successor sees for itself what it is.
                try (var second = start("api", dedicated())) {
                    await(second, "api", DaemonState.INIT);
                    supervisor.restore(client("api")::takeover);
                    assertThat(client("api").daemonInfo().state()).isEqualTo(DaemonState.READY);
                    client("api").start();
                    assertThat(client("api").daemonInfo().state()).isEqualTo(DaemonState.RUNNING);
                    supervisor.save(client("api")::sendFd);
                    awaitMoreRounds(storm);

                    second.kill();
                    try (var third = start("api", dedicated())) {
                        await(third, "api", DaemonState.INIT);
                        supervisor.restore(client("api")::takeover);
                        client("api").start();
                        awaitMoreRounds(storm);
                        finish(storm);
                        supervisor.letGo();
                        assertThat(third.terminate()).isZero();
                    }
                }
            }
        }
        assertThat(Mount.umountIfMounted(RawPath.of(mountpoint))).as("unmounted").isFalse();
    }

    @Test
    void aSharedDaemonsMountsAllComeBackAndNewOnesJoinThem() throws Exception {
        var config = Files.readString(directory.resolve("config.json"));
        var request = MountRequest.rafs(image.bootstrap().toString(), config);
        try (var supervisor = new TestSupervisor(socket("supervisor"));
                var first = start("api", List.of())) {
            await(first, "api", DaemonState.RUNNING);
            client("api").mount("/gone", request);
            client("api").mount("/17", request);
            client("api").mount("/a/b", request);
            client("api").unmount("/gone");
            supervisor.save(client("api")::sendFd);
            try (var storm = storm(mountpoint.resolve("17"))) {
                awaitMoreRounds(storm);
                first.kill();
                try (var second = start("api", List.of())) {
                    await(second, "api", DaemonState.INIT);
                    supervisor.restore(client("api")::takeover);
                    client("api").start();
                    awaitMoreRounds(storm);
                    finish(storm);
                    client("api").mount("/18", request);
                    for (var place : List.of("17", "a/b", "18")) {
                        assertThat(
                                        Commands.run(
                                                        "diff",
                                                        "-r",
                                                        source.toString(),
                                                        mountpoint.resolve(place).toString())
                                                .output())
                                .isEmpty();
                    }
                    assertThat(client("api").daemonInfo().instances().orElseThrow()).hasSize(3);
                    client("api").unmount("/a/b");
                    assertThat(Commands.run("ls", mountpoint.toString()).output())
                            .isEqualTo("17\n18\n");
                    supervisor.letGo();
                    assertThat(second.terminate()).isZero();
                }
            }
        }
    }

    @Test
    void aRunningDaemonIsReplacedWithoutAReaderNoticing() throws Exception {
        try (var supervisor = new TestSupervisor(socket("supervisor"));
                var old = start("api", dedicated())) {
            await(old, "api", DaemonState.RUNNING);
            supervisor.save(client("api")::sendFd);
            try (var storm = storm(mountpoint)) {
                awaitMoreRounds(storm);
                var upgrade = new ArrayList<>(dedicated());
                upgrade.add("--upgrade");
                try (var fresh = start("api1", upgrade)) {
                    await(fresh, "api1", DaemonState.INIT);
                    supervisor.restore(client("api1")::takeover);
                    awaitMoreRounds(storm); // the old one still serves
                    client("api").exit();
                    assertThat(old.awaitExit()).isZero();
                    client("api1").start();
                    awaitMoreRounds(storm);
                    finish(storm);
                    supervisor.letGo();
                    assertThat(fresh.terminate()).isZero();
                }
            }
        }
    }

    @Test
    void aFailedTakeoverLeavesADaemonThatCanTryAgain() throws Exception {
        try (var supervisor = new TestSupervisor(socket("supervisor"));
                var first = start("api", dedicated())) {
            await(first, "api", DaemonState.RUNNING);
            supervisor.save(client("api")::sendFd);
            byte[] state = supervisor.state();
            first.kill();
            try (var second = start("api", dedicated())) {
                await(second, "api", DaemonState.INIT);
                assertThatThrownBy(client("api")::takeover)
                        .as("nobody listens")
                        .isInstanceOf(NydusdApiException.class);
                supervisor.replaceState(java.util.Arrays.copyOf(state, state.length / 2));
                assertThatThrownBy(() -> supervisor.restore(client("api")::takeover))
                        .isInstanceOf(NydusdApiException.class)
                        .hasMessageContaining("daemon state");
                assertThat(client("api").daemonInfo().state()).isEqualTo(DaemonState.INIT);
                supervisor.replaceState(state);
                supervisor.restore(client("api")::takeover);
                client("api").start();
                assertThat(
                                Commands.run("diff", "-r", source.toString(), mountpoint.toString())
                                        .output())
                        .isEmpty();
                assertThat(client("api").fsMetrics(Optional.empty()).dataRead()).isPositive();
                supervisor.letGo();
                assertThat(second.terminate()).isZero();
            }
        }
    }
}
