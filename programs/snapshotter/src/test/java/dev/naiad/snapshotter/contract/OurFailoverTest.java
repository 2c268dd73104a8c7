package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code recover_policy = "failover"}: whatever happens to daemons, the session goes on. */
@Tag("root")
final class OurFailoverTest {
    @BeforeEach
    void needs() {
        Requires.root();
        Requires.mounts();
    }

    private static String failover(LazyImageScene scene) throws IOException {
        Path config = scene.base.resolve("failover.toml");
        Files.writeString(config, "version = 1\n[daemon]\nrecover_policy = \"failover\"\n");
        return config.toString();
    }

    private static long count(LazyImageScene scene, String note) throws IOException {
        return scene.notes().stream().filter(note::equals).count();
    }

    private static void awaitSessions(
            LazyImageScene scene, RunningSnapshotter snapshotter, int saved) {
        Await.until(
                "the session to be saved " + saved + " times",
                () -> count(scene, "sendfd") == saved,
                () -> story(scene, snapshotter));
    }

    private static String story(LazyImageScene scene, RunningSnapshotter snapshotter) {
        try {
            return String.join("\n", scene.notes()) + "\n" + snapshotter.log();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves a daemon that was started without a supervisor; answers the image's directory. */
    private static Path runContainerWithoutPolicy(LazyImageScene scene) throws Exception {
        try (var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            client.prepare("container-1", "sha256:two", Map.of());
            assertThat(snapshotter.stop()).isZero();
            return meta;
        }
    }

    @Test
    void successorsThatDieWhileTakingOverCostNoSession() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS, "--config", failover(scene));
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            client.prepare("container-1", "sha256:two", Map.of());
            awaitSessions(scene, snapshotter, 1);
            int mount = scene.mountId(meta + "/mnt");
            List<String> moments =
                    List.of("init", "takeover", "taken over", "start", "takeover", "init");
            Files.write(scene.base.resolve("faults"), moments);
            scene.killDaemons();
            awaitSessions(scene, snapshotter, 2);
            assertThat(scene.notes().stream().filter(note -> note.startsWith("died at ")))
                    .containsExactlyElementsOf(
                            moments.stream().map(moment -> "died at " + moment).toList());
            assertThat(scene.mountId(meta + "/mnt")).isEqualTo(mount);
            assertThat(scene.notes()).doesNotContain("takeover broken with 1 descriptor");
            assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
            assertThat(snapshotter.log())
                    .contains("failover failed 1 times in a row, its session is kept")
                    .contains("failover failed 4 times in a row, its session is kept");
        }
    }

    @Test
    void aDaemonKilledEightTimesInARowKeepsItsSession() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS, "--config", failover(scene));
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            client.prepare("container-1", "sha256:two", Map.of());
            awaitSessions(scene, snapshotter, 1);
            int mount = scene.mountId(meta + "/mnt");
            for (int kill = 1; kill <= 8; kill++) {
                int started = kill;
                Await.until(
                        "the watch of number " + started,
                        () -> snapshotter.log().split("Subscribe daemon", -1).length > started);
                scene.killDaemons();
                awaitSessions(scene, snapshotter, kill + 1);
            }
            assertThat(scene.mountId(meta + "/mnt")).isEqualTo(mount);
            assertThat(count(scene, "takeover intact with 1 descriptor")).isEqualTo(8);
        }
    }

    @Test
    void aDaemonFromBeforeThePolicyIsNamedAndItsSuccessorIsProtected() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta = runContainerWithoutPolicy(scene);
            long unprotected = scene.daemons().getFirst();
            try (var second = scene.start(Program.OURS, "--config", failover(scene));
                    var client = second.client()) {
                Await.until(
                        "the warning",
                        () ->
                                second.log()
                                        .contains(
                                                "process "
                                                        + unprotected
                                                        + " was started without --supervisor"));
                scene.killDaemons();
                awaitSessions(scene, second, 1);
                int mount = scene.mountId(meta + "/mnt");
                Await.until(
                        "the watch", () -> second.log().split("Subscribe daemon", -1).length > 3);
                scene.killDaemons();
                awaitSessions(scene, second, 2);
                assertThat(scene.mountId(meta + "/mnt")).isEqualTo(mount);
                assertThat(count(scene, "takeover intact with 1 descriptor")).isEqualTo(1);
                assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
            }
        }
    }

    @Test
    void aDaemonThatDiesBeforeItIsWatchedKeepsItsSession() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta = runContainerWithoutPolicy(scene);
            try (var second = scene.start(Program.OURS, "--config", failover(scene));
                    var client = second.client()) {
                Await.until("the warning", () -> second.log().contains("without --supervisor"));
                Files.write(scene.base.resolve("faults"), List.of("saved"));
                scene.killDaemons();
                awaitSessions(scene, second, 2);
                assertThat(scene.notes()).contains("died at saved");
                assertThat(count(scene, "takeover intact with 1 descriptor")).isEqualTo(1);
                assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
            }
        }
    }

    @Test
    void aDaemonWithASupervisorIsProtectedAgainByTheNextSnapshotter() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta;
            try (var first = scene.start(Program.OURS, "--config", failover(scene));
                    var client = first.client()) {
                meta = scene.pull(client);
                client.prepare("container-1", "sha256:two", Map.of());
                awaitSessions(scene, first, 1);
                first.kill();
            }
            int mount = scene.mountId(meta + "/mnt");
            try (var second = scene.start(Program.OURS, "--config", failover(scene))) {
                awaitSessions(scene, second, 2);
                Await.until(
                        "the watch", () -> second.log().split("Subscribe daemon", -1).length > 2);
                scene.killDaemons();
                awaitSessions(scene, second, 3);
                assertThat(scene.mountId(meta + "/mnt")).isEqualTo(mount);
                assertThat(second.log()).doesNotContain("without --supervisor");
            }
        }
    }
}
