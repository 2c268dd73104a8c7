package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Requires;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Lazily loaded images from the first container to the removal, with real processes and mounts. */
abstract class LazyImageContract {
    private final Program program;

    LazyImageContract(Program program) {
        this.program = program;
    }

    @BeforeEach
    void needs() {
        Requires.root();
        Requires.mounts();
    }

    @Test
    void oneDaemonServesAllContainersOfAnImageUntilTheImageIsRemoved() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(program);
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            assertThat(scene.daemons()).isEmpty();
            String mounts = client.prepare("container-1", "sha256:two", Map.of());
            assertThat(mounts)
                    .matches(
                            "overlay overlay workdir=\\S+/(\\d+)/work,upperdir=\\S+/\\1/fs,lowerdir="
                                    + meta
                                    + "/mnt");
            assertThat(client.mounts("container-1")).isEqualTo(mounts);
            assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
            client.prepare("container-2", "sha256:two", Map.of());
            assertThat(scene.daemons()).hasSize(1);
            assertThat(client.view("view-1", "sha256:two"))
                    .matches("overlay overlay lowerdir=" + meta + "/mnt:\\S+/\\d+/fs");

            String root = scene.base.resolve("root").toString();
            assertThat(scene.notes().getFirst())
                    .matches(
                            "argv fuse --config "
                                    + root
                                    + "/config/([0-9a-v]{20})/config.json --bootstrap "
                                    + meta
                                    + "/fs/image/image.boot --mountpoint "
                                    + meta
                                    + "/mnt --apisock "
                                    + root
                                    + "/socket/\\1/api.sock --log-level info --log-rotation-size 100");
            assertThat(scene.config())
                    .isEqualTo(
                            "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":{\"readahead\":false,"
                                    + "\"host\":\"127.0.0.1:5000\",\"repo\":\"test/app\",\"mirrors\":[{\"host\":"
                                    + "\"http://127.0.0.1:4001\",\"headers\":{\"X-Dragonfly-Registry\":"
                                    + "\"http://127.0.0.1:5000\"},\"ping_url\":\"http://127.0.0.1:4003/healthy\"}],"
                                    + "\"scheme\":\"http\",\"skip_verify\":true,\"proxy\":{\"fallback\":false},"
                                    + "\"timeout\":10,\"connect_timeout\":10,\"retry_limit\":2}},\"cache\":{\"type\":"
                                    + "\"blobcache\",\"config\":{\"work_dir\":\""
                                    + root
                                    + "/cache\","
                                    + "\"disable_indexed_map\":false}}},\"mode\":\"direct\",\"digest_validate\":false,"
                                    + "\"enable_xattr\":true,\"fs_prefetch\":{\"enable\":true,\"prefetch_all\":false,"
                                    + "\"threads_count\":10,\"merging_size\":131072,\"bandwidth_rate\":1048576}}");

            for (String key :
                    List.of("view-1", "container-1", "container-2", "sha256:two", "sha256:one")) {
                client.remove(key);
            }
            client.cleanup();
            Await.until("the daemon to end", () -> scene.daemons().isEmpty());
            assertThat(scene.mountpoints()).isEmpty();
            assertThat(scene.base.resolve("root/snapshots")).isEmptyDirectory();
            assertThat(scene.base.resolve("root/config")).isEmptyDirectory();
            assertThat(scene.base.resolve("root/socket")).isEmptyDirectory();
        }
    }

    @Test
    void aKilledSnapshotterFindsItsDaemonAgain() throws Exception {
        try (var scene = new LazyImageScene()) {
            List<Long> before;
            String mounts;
            Path meta;
            try (var first = scene.start(program);
                    var client = first.client()) {
                meta = scene.pull(client);
                mounts = client.prepare("container-1", "sha256:two", Map.of());
                before = scene.daemons();
                first.kill();
            }
            assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
            try (var second = scene.start(program);
                    var client = second.client()) {
                assertThat(client.mounts("container-1")).isEqualTo(mounts);
                assertThat(scene.daemons()).isEqualTo(before);
                assertThat(scene.mountpoints()).containsExactly(meta + "/mnt");
                client.remove("container-1");
                client.remove("sha256:two");
                client.cleanup();
                Await.until("the adopted daemon to end", () -> scene.daemons().isEmpty());
                Await.until(
                        "the directory to go",
                        () -> {
                            client.cleanup();
                            return !Files.exists(meta);
                        });
            }
        }
    }

    @Test
    void aDaemonThatDiedWithTheSnapshotterIsStartedAgain() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta;
            try (var first = scene.start(program);
                    var client = first.client()) {
                meta = scene.pull(client);
                client.prepare("container-1", "sha256:two", Map.of());
                first.kill();
            }
            List<Long> before = scene.daemons();
            scene.killDaemons();
            Await.until("the daemon to be dead", () -> scene.daemons().isEmpty());
            try (var second = scene.start(program);
                    var client = second.client()) {
                assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
                assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
                assertThat(scene.daemons()).hasSize(1).doesNotContainAnyElementsOf(before);
                assertThat(scene.notes()).hasSize(2);
                assertThat(scene.notes().get(1)).isEqualTo(scene.notes().get(0));
            }
        }
    }

    @Test
    void aDeadDaemonIsRestarted() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(program);
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            client.prepare("container-1", "sha256:two", Map.of());
            List<Long> before = scene.daemons();
            // The liveness connection is opened a moment after Prepare has answered.
            Await.until("the watch", () -> snapshotter.log().contains("Subscribe daemon"));
            scene.killDaemons();
            Await.until(
                    "a new daemon",
                    () ->
                            scene.daemons().stream().anyMatch(pid -> !before.contains(pid))
                                    && scene.notes().size() == 2
                                    && Files.exists(meta.resolve("mnt/hello")));
            assertThat(snapshotter.log()).contains("died! socket path");
            assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
        }
    }

    @Test
    void aSuccessorContinuesADeadDaemonsSessionWithoutTouchingTheMount() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("failover.toml");
            Files.writeString(config, "version = 1\n[daemon]\nrecover_policy = \"failover\"\n");
            try (var snapshotter = scene.start(program, "--config", config.toString());
                    var client = snapshotter.client()) {
                Path meta = scene.pull(client);
                client.prepare("container-1", "sha256:two", Map.of());
                Await.until("the session to be saved", () -> scene.notes().contains("sendfd"));
                Await.until("the watch", () -> snapshotter.log().contains("Subscribe daemon"));
                int mount = scene.mountId(meta + "/mnt");
                scene.killDaemons();
                Await.until(
                        "the session to be saved again",
                        () -> scene.notes().stream().filter("sendfd"::equals).count() == 2);
                assertThat(scene.mountId(meta + "/mnt")).isEqualTo(mount);
                assertThat(scene.notes().stream().map(note -> note.replaceFirst("argv .*", "argv")))
                        .containsExactly(
                                "argv",
                                "sendfd",
                                "argv",
                                "takeover intact with 1 descriptor",
                                "start",
                                "sendfd");
                assertThat(scene.notes().get(2)).isEqualTo(scene.notes().get(0));
                assertThat(scene.notes().get(0))
                        .containsPattern(
                                " --id ([0-9a-v]{20}) .* --supervisor \\S+/supervisor/\\1.sock");
                assertThat(client.mounts("container-1")).endsWith("lowerdir=" + meta + "/mnt");
                assertThat(scene.base.resolve("root/supervisor")).isEmptyDirectory();
            }
        }
    }

    @Test
    void theMountHelperIsToldWhereBootstrapAndConfigurationAre() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("overlayfs.toml");
            Files.writeString(config, "version = 1\n[snapshot]\nenable_nydus_overlayfs = true\n");
            try (var snapshotter = scene.start(program, "--config", config.toString());
                    var client = snapshotter.client()) {
                Path meta = scene.pull(client);
                String mounts = client.prepare("container-1", "sha256:two", Map.of());
                assertThat(mounts)
                        .matches(
                                "fuse.nydus-overlayfs overlay workdir=\\S+,upperdir=\\S+,lowerdir="
                                        + meta
                                        + "/mnt,extraoption=\\S+");
                String own = mounts.replaceFirst("(?s).*upperdir=([^,]*)/fs,.*", "$1");
                String json =
                        new String(
                                Base64.getDecoder()
                                        .decode(mounts.replaceFirst("(?s).*extraoption=", "")),
                                StandardCharsets.UTF_8);
                assertThat(json)
                        .isEqualTo(
                                "{\"source\":\""
                                        + meta
                                        + "/fs/image/image.boot\",\"config\":\""
                                        + scene.config().replace("\"", "\\\"")
                                        + "\",\"snapshotdir\":\""
                                        + own
                                        + "\",\"fs_version\":\"v6\"}");
            }
        }
    }

    @Test
    void theProxyDriverSkipsLayersAndDescribesAVolumeToTheGuest() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("proxy.toml");
            Files.writeString(
                    config,
                    """
                    version = 1
                    daemon_mode = "none"
                    [daemon]
                    fs_driver = "proxy"
                    [snapshot]
                    enable_kata_volume = true
                    """);
            try (var snapshotter = scene.start(program, "--config", config.toString());
                    var client = snapshotter.client()) {
                var layer =
                        Map.of(
                                "containerd.io/snapshot.ref",
                                "sha256:one",
                                LazyImageScene.PREFIX + "cri.image-ref",
                                LazyImageScene.IMAGE,
                                LazyImageScene.PREFIX + "cri.layer-digest",
                                LazyImageScene.BLOB);
                assertThat(
                                org.assertj.core.api.Assertions.catchThrowable(
                                        () -> client.prepare("extract-1", "", layer)))
                        .hasMessageContaining("target snapshot \"sha256:one\": already exists");
                assertThat(client.stat("sha256:one").getLabelsMap())
                        .containsEntry(LazyImageScene.PREFIX + "nydus-proxy-mode", "true");
                String mounts = client.prepare("container-1", "sha256:one", Map.of());
                assertThat(mounts)
                        .matches(
                                "fuse.nydus-overlayfs overlay workdir=\\S+,upperdir=\\S+,lowerdir=\\S+/fs,"
                                        + "io.katacontainers.volume=\\S+");
                String json =
                        new String(
                                Base64.getDecoder()
                                        .decode(mounts.replaceFirst("(?s).*kata\\w+.volume=", "")),
                                StandardCharsets.UTF_8);
                assertThat(json)
                        .contains("\"volume_type\":\"image_guest_pull\"")
                        .contains(
                                "\"image_pull\":{\"metadata\":{\""
                                        + LazyImageScene.PREFIX
                                        + "cri.layer-digest\":\""
                                        + LazyImageScene.BLOB
                                        + "\",\""
                                        + LazyImageScene.PREFIX
                                        + "nydus-proxy-mode\":\"true\"}}");
                assertThat(scene.daemons()).isEmpty();
            }
        }
    }

    @Test
    void aSharedDaemonServesImagesBelowOneMountpoint() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(program, "--daemon-mode", "shared");
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            Path tree = scene.base.resolve("root/mnt").resolve(meta.getFileName());
            assertThat(client.prepare("container-1", "sha256:two", Map.of()))
                    .endsWith("lowerdir=" + tree);
            assertThat(tree.resolve("hello")).hasContent("from the image");
            assertThat(scene.daemons()).hasSize(1);
            assertThat(scene.notes()).contains("POST /" + meta.getFileName());
            client.remove("container-1");
            client.remove("sha256:two");
            client.cleanup();
            Await.until(
                    "the image to be unmounted",
                    () -> scene.notes().contains("DELETE /" + meta.getFileName()));
            assertThat(meta).doesNotExist();
        }
    }
}
