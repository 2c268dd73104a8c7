package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.containerdapi.snapshots.Info;
import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Requires;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The original and ours take turns on one root directory: databases and daemons go from hand to
 * hand.
 */
@Tag("root")
final class TwinStoreTest {
    @BeforeEach
    void needs() {
        Requires.root();
        Requires.mounts();
        Requires.commands("containerd-nydus-grpc");
    }

    @Test
    void snapshotsAndARunningDaemonChangeHandsBothWays() throws Exception {
        try (var scene = new LazyImageScene()) {
            Program turn = Program.ORIGINAL;
            Path meta;
            String mounts;
            List<Info> before;
            List<Long> daemons;
            try (var snapshotter = scene.start(turn);
                    var client = snapshotter.client()) {
                for (int i = 0; i < 120; i++) {
                    client.prepare("filler-" + i, "", Map.of("some", "label ".repeat(i)));
                }
                meta = scene.pull(client);
                mounts = client.prepare("container-1", "sha256:two", Map.of());
                before = client.list();
                daemons = scene.daemons();
            }
            for (int round = 0; round < 4; round++) {
                turn = turn == Program.ORIGINAL ? Program.OURS : Program.ORIGINAL;
                try (var snapshotter = scene.start(turn);
                        var client = snapshotter.client()) {
                    assertThat(client.list()).as("read by %s", turn).isEqualTo(before);
                    assertThat(client.mounts("container-1")).isEqualTo(mounts);
                    assertThat(scene.daemons()).isEqualTo(daemons);
                    assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
                    for (int i = 0; i < 20; i++) {
                        client.remove("filler-" + (round * 20 + i));
                        client.prepare(
                                "by-" + turn + "-" + round + "-" + i,
                                "",
                                Map.of("k", "v".repeat(i * 50)));
                    }
                    client.prepare("extract-" + round, "", Map.of());
                    client.commit(
                            "layer-" + round, "extract-" + round, Map.of("round", "r" + round));
                    client.prepare("child-" + round, "layer-" + round, Map.of());
                    client.cleanup();
                    before = client.list();
                }
            }
        }
    }

    @Test
    void whileOneRunsTheOtherCannotStart() throws Exception {
        try (var scene = new LazyImageScene();
                var first = scene.start(Program.OURS)) {
            assertThat(first).isNotNull();
            var error =
                    org.assertj.core.api.Assertions.catchThrowable(
                            () -> scene.start(Program.ORIGINAL).close());
            assertThat(error).hasMessageContaining("timeout");
        }
    }
}
