package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.snapshotter.store.SnapshotKind;
import dev.naiad.snapshotter.store.SnapshotStore;
import dev.naiad.testkit.Commands;
import dev.naiad.testkit.Requires;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A root directory on a file system of its own, filled to the last byte. */
@Tag("root")
final class SnapshotterFullDiskTest {
    private static final int MIB = 1 << 20;

    enum FileSystem {
        TMPFS {
            @Override
            void mount(Path image, Path at) {
                Mount.mount("naiad-test", RawPath.of(at), "tmpfs", 0, "size=12m,mode=0700");
            }
        },
        EXT4 {
            @Override
            void mount(Path image, Path at) throws IOException {
                Requires.commands("mkfs.ext4", "losetup");
                try (var file = new RandomAccessFile(image.toFile(), "rw")) {
                    file.setLength(24 * MIB);
                }
                Commands.run("mkfs.ext4", "-q", "-m", "0", image.toString()).orFail();
                Requires.that(
                        Commands.run("mount", "-o", "loop", image.toString(), at.toString())
                                        .exitCode()
                                == 0,
                        "needs loop devices and ext4");
            }
        };

        abstract void mount(Path image, Path at) throws IOException;
    }

    /** Takes every free block, in pieces that get smaller. */
    private static List<Path> fill(Path dir) throws IOException {
        var fillers = new ArrayList<Path>();
        for (int size = MIB; size >= 1; size /= 8) {
            for (boolean full = false; !full; ) {
                Path filler = dir.resolve("filler-" + fillers.size());
                try {
                    fillers.add(filler);
                    Files.write(filler, new byte[size]);
                } catch (IOException e) {
                    assertThat(e).hasMessageContaining("No space left");
                    full = true;
                }
            }
        }
        return fillers;
    }

    private static List<String> snapshotDirectories(Path root) throws IOException {
        try (Stream<Path> names = Files.list(root.resolve("snapshots"))) {
            return names.map(name -> name.getFileName().toString()).toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void prepareFailsWithAClearErrorAndRemoveAndCleanupMakeRoomAgain(FileSystem fileSystem)
            throws Exception {
        Requires.root();
        Requires.mounts();
        try (var scene = new LazyImageScene()) {
            Path root = Files.createDirectory(scene.base.resolve("root"));
            fileSystem.mount(scene.base.resolve("disk.img"), root);
            try (var snapshotter = scene.start(Program.OURS);
                    var client = snapshotter.client()) {
                for (int i = 0; i < 40; i++) {
                    client.prepare("extract-" + i, "", Map.of("l", "x".repeat(300)));
                    client.commit("layer-" + i, "extract-" + i, Map.of("l", "x".repeat(300)));
                }
                var fs = client.prepare("extract-big", "", Map.of()).split(" ", -1)[1];
                Files.write(Path.of(fs).resolve("data"), new byte[3 * MIB]);
                client.commit("big", "extract-big", Map.of());
                fill(root);
                var fails = new ArrayList<String>();
                for (int i = 0; i < 30; i++) {
                    String key = "key-" + i;
                    var error =
                            catchThrowable(
                                    () -> client.prepare(key, "", Map.of("l", "x".repeat(3000))));
                    if (error != null) {
                        assertThat(error).hasMessageContaining("No space left on device");
                        fails.add(key);
                    }
                }
                assertThat(fails).hasSizeGreaterThan(10);
                List<String> before = snapshotDirectories(root);
                assertThat(before).noneMatch(name -> name.startsWith("new-"));
                assertThat(client.names()).doesNotContainAnyElementsOf(fails);

                // Now the database, too, has used up what it had.
                assertThatThrownBy(() -> labelUntilItFails(client))
                        .hasMessageContaining("No space left on device");
                for (int i = 0; i < 40; i++) {
                    client.remove("layer-" + i);
                }
                client.remove("big");
                client.cleanup();
                assertThat(Path.of(fs)).doesNotExist();
                for (String key : fails) {
                    client.prepare(key, "", Map.of("l", "x".repeat(3000)));
                }
                assertThat(client.names()).containsAll(fails);
                fill(root);
                assertThatThrownBy(() -> prepareUntilItFails(client))
                        .hasMessageContaining("No space left on device");
            }
            try (var snapshotter = scene.start(Program.OURS);
                    var client = snapshotter.client()) {
                for (String name : client.names()) {
                    client.remove(name);
                }
                client.cleanup();
                assertThat(client.names()).isEmpty();
                assertThat(snapshotDirectories(root)).isEmpty();
                client.prepare("after-all", "", Map.of());
            }
        }
    }

    private static void prepareUntilItFails(SnapshotsClient client) {
        for (int i = 0; i < 1000; i++) {
            client.prepare("more-" + i, "", Map.of("l", "x".repeat(3000)));
        }
    }

    private static void labelUntilItFails(SnapshotsClient client) {
        // In small steps, so that not even a small change finds free pages in the end.
        for (int size = 400; size <= 4000; size += 100) {
            for (int i = 0; i < 40; i++) {
                client.update("layer-" + i, Map.of("l", "y".repeat(size)));
            }
        }
    }

    @Test
    void everySnapshotCanBeRemovedWhateverTheDatabaseHolds(@TempDir Path at) throws Exception {
        Requires.root();
        Requires.mounts();
        for (int count = 1; count <= 40; count++) {
            FileSystem.TMPFS.mount(at, at);
            try (var store = SnapshotStore.open(at.resolve("db"), Duration.ZERO, Instant::now)) {
                for (int i = 0; i < count; i++) {
                    var labels = Map.of("l", "x".repeat(100 * i % 1700));
                    store.create(SnapshotKind.ACTIVE, "key-" + i, "", labels, id -> true);
                }
                fill(at);
                for (int i = 0; i < count; i++) {
                    store.remove("key-" + i);
                }
                assertThat(store.list(info -> true)).isEmpty();
            } finally {
                Mount.umount(RawPath.of(at), 0);
            }
        }
    }
}
