package dev.naiad.snapshotter.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.linux.DirectoryTree;
import dev.naiad.linux.Mount;
import dev.naiad.linux.RawPath;
import dev.naiad.snapshotter.contract.RunningSnapshotter.Program;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.Requires;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where ours does better than the original. */
@Tag("root")
final class OurDaemonsTest {
    @BeforeEach
    void needs() {
        Requires.root();
        Requires.mounts();
    }

    @Test
    void aDaemonThatLogsToAFileHasASessionOfItsOwnAndOutlivesTheSnapshotter() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta;
            try (var snapshotter = scene.start(Program.OURS, "--log-to-stdout=false");
                    var client = snapshotter.client()) {
                meta = scene.pull(client);
                client.prepare("container-1", "sha256:two", Map.of());
                long daemon = scene.daemons().getFirst();
                String[] stat =
                        Files.readString(Path.of("/proc/" + daemon + "/stat"))
                                .replaceFirst(".*\\) ", "")
                                .split(" ", -1);
                assertThat(stat[3]).as("session").isEqualTo(Long.toString(daemon));
                assertThat(scene.notes().getFirst())
                        .contains(" --log-file " + scene.base + "/root/logs/");
                assertThat(scene.base.resolve("root/logs/nydus-snapshotter.log"))
                        .content()
                        .contains("nydusd command: ");
                assertThat(snapshotter.stop()).isZero();
                assertThat(snapshotter.socket).doesNotExist();
            }
            assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
        }
    }

    @Test
    void noOtherUserMayLookIntoARootThatIsMadeTogetherWithTheLogBelowIt() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS, "--log-to-stdout=false")) {
            assertThat(scene.base.resolve("root/logs/nydus-snapshotter.log")).exists();
            assertThat(Files.getPosixFilePermissions(scene.base.resolve("root")))
                    .isEqualTo(PosixFilePermissions.fromString("rwx------"));
            assertThat(snapshotter.stop()).isZero();
        }
    }

    /** A link could show another image's files, and opening a FIFO never returns. */
    @ParameterizedTest
    @ValueSource(strings = {"file link", "directory link", "fifo"})
    void aLayerWhoseBootstrapIsNotAFileOfItsOwnIsRefused(String instead) throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            Path image = scene.pull(client).resolve("fs/image");
            Path other = Files.move(image, scene.base.resolve("other"));
            switch (instead) {
                case "file link" -> {
                    Files.createDirectory(image);
                    Files.createSymbolicLink(
                            image.resolve("image.boot"), other.resolve("image.boot"));
                }
                case "directory link" -> Files.createSymbolicLink(image, other);
                default -> {
                    Files.createDirectory(image);
                    new ProcessBuilder("mkfifo", image.resolve("image.boot").toString())
                            .inheritIO()
                            .start()
                            .waitFor();
                }
            }
            assertThatThrownBy(() -> client.prepare("container", "sha256:two", Map.of()))
                    .hasMessageContaining(image + "/image.boot")
                    .hasMessageContaining("is not a regular file in a directory of the layer");
            assertThat(scene.daemons()).isEmpty();
        }
    }

    @Test
    void aContainerThatComesWhileTheDaemonIsDeadHealsIt() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path meta;
            try (var first = scene.start(Program.OURS);
                    var client = first.client()) {
                meta = scene.pull(client);
                client.prepare("container-1", "sha256:two", Map.of());
                first.kill();
            }
            scene.killDaemons();
            Await.until("the daemon to be dead", () -> scene.daemons().isEmpty());
            try (var second = scene.start(Program.OURS);
                    var client = second.client()) {
                client.prepare("container-2", "sha256:two", Map.of());
                assertThat(meta.resolve("mnt/hello")).hasContent("from the image");
                assertThat(scene.daemons()).hasSize(1);
                assertThat(scene.mountpoints()).containsExactly(meta + "/mnt");
            }
        }
    }

    @Test
    void aFailedContainerLeavesNeitherRecordNorDirectoryNorDaemon() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS, "--nydusd", "/bin/false");
                var client = snapshotter.client()) {
            scene.pull(client);
            for (int i = 0; i < 2; i++) {
                var error =
                        org.assertj.core.api.Assertions.catchThrowable(
                                () -> client.prepare("container-1", "sha256:two", Map.of()));
                assertThat(error).hasMessageContaining("has been a zombie, exit status 1");
            }
            assertThat(client.names()).containsExactly("sha256:one", "sha256:two");
            assertThat(scene.base.resolve("root/config")).isEmptyDirectory();
            assertThat(scene.base.resolve("root/socket")).isEmptyDirectory();
            try (var entries = Files.list(scene.base.resolve("root/snapshots"))) {
                assertThat(entries).hasSize(2);
            }
        }
    }

    @Test
    void viewsOfALazyImageKeepTheirMountsAndLayersOnTopAreSeen() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            String view = client.view("view", "sha256:two");
            assertThat(client.mounts("view")).isEqualTo(view);
            String mounts = client.prepare("container", "sha256:two", Map.of());
            String upper = mounts.replaceFirst("(?s).*upperdir=([^,]*).*", "$1");
            client.commit("on-top", "container", Map.of());
            assertThat(client.prepare("container-2", "on-top", Map.of()))
                    .endsWith("lowerdir=" + upper + ":" + meta + "/mnt");
        }
    }

    @Test
    void blobCacheFilesCountAsUsageAndGoWithTheLastLayerThatNamesThem() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            scene.pull(client);
            Path cache = scene.base.resolve("root/cache");
            Path data = cache.resolve(LazyImageScene.BLOB.substring(7) + ".blob.data");
            Files.write(data, new byte[50_000]);
            Files.write(cache.resolve("c".repeat(64) + ".blob.data"), new byte[10]);
            assertThat(client.usage("sha256:one").getSize())
                    .isGreaterThanOrEqualTo(DirectoryTree.size(data).bytes());
            client.remove("sha256:two");
            client.cleanup();
            assertThat(data).exists();
            client.remove("sha256:one");
            client.cleanup();
            assertThat(data).doesNotExist();
            assertThat(cache.resolve("c".repeat(64) + ".blob.data")).exists();
        }
    }

    @Test
    void somethingMountedInARemovedSnapshotIsNotWalkedInto() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            String mounts = client.prepare("k", "", Map.of());
            Path fs = Path.of(mounts.split(" ", -1)[1]);
            Path precious = Files.createDirectories(scene.base.resolve("precious"));
            Files.writeString(precious.resolve("file"), "stays");
            Path inside = Files.createDirectories(fs.resolve("mounted"));
            Mount.bind(RawPath.of(precious), RawPath.of(inside));
            client.remove("k");
            client.cleanup();
            assertThat(precious.resolve("file")).hasContent("stays");
            assertThat(fs).exists();
            Mount.umountIfMounted(RawPath.of(inside));
            client.cleanup();
            assertThat(fs).doesNotExist();
        }
    }

    @Test
    void theStartDeletesWhatWasRemovedButTouchesNothingMounted() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path precious = Files.createDirectories(scene.base.resolve("precious"));
            Files.writeString(precious.resolve("file"), "stays");
            Path mounted;
            Path overlaid;
            Path gone;
            try (var snapshotter = scene.start(Program.OURS);
                    var client = snapshotter.client()) {
                mounted = Path.of(client.prepare("mounted", "", Map.of()).split(" ", -1)[1]);
                overlaid = Path.of(client.prepare("overlaid", "", Map.of()).split(" ", -1)[1]);
                gone = Path.of(client.prepare("gone", "", Map.of()).split(" ", -1)[1]);
                Files.writeString(overlaid.resolve("file"), "in use");
                Files.writeString(gone.resolve("file"), "not in use");
                client.remove("mounted");
                client.remove("overlaid");
                client.remove("gone");
                snapshotter.kill();
            }
            Path inside = Files.createDirectories(mounted.resolve("mounted"));
            Path other = Files.createDirectories(scene.base.resolve("other"));
            Mount.bind(RawPath.of(precious), RawPath.of(inside));
            Mount.mount(
                    "overlay",
                    RawPath.of(other),
                    "overlay",
                    Mount.MS_RDONLY,
                    "lowerdir=" + overlaid + ":" + precious);
            try (var snapshotter = scene.start(Program.OURS);
                    var client = snapshotter.client()) {
                Await.until("the unused directory to go", () -> !Files.exists(gone.getParent()));
                client.prepare("another", "", Map.of());
                assertThat(precious.resolve("file")).hasContent("stays");
                assertThat(inside.resolve("file")).hasContent("stays");
                assertThat(other.resolve("file")).hasContent("in use");
                assertThat(snapshotter.log()).contains("belongs to no snapshot but is in use");
            }
        }
    }

    @Test
    void theControlSocketTellsDaemonsAndTakesPrefetchLists() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("config.toml");
            Path control = scene.base.resolve("system.sock");
            Files.writeString(
                    config,
                    "version = 1\n[system]\nenable = true\naddress = \"" + control + "\"\n");
            try (var snapshotter = scene.start(Program.OURS, "--config", config.toString());
                    var client = snapshotter.client()) {
                var http = new dev.naiad.nydusdapi.NydusdClient(control, Await.DEADLINE);
                assertThat(http.send("GET", "/api/v1/daemons", "").body()).isEqualTo("[]");
                http.send(
                        "PUT",
                        "/api/v1/prefetch",
                        "[{\"image\":\"" + LazyImageScene.IMAGE + "\",\"prefetch\":\"/bin/sh\"}]");
                Path meta = scene.pull(client);
                client.prepare("container", "sha256:two", Map.of());
                assertThat(scene.notes().getFirst()).endsWith(" --prefetch-files /bin/sh");
                assertThat(http.send("GET", "/api/v1/daemons", "").body())
                        .contains("\"pid\":" + scene.daemons().getFirst())
                        .contains("\"reference\":1")
                        .contains("\"snapshot_dir\":\"" + meta + "\"")
                        .contains("\"image_id\":\"" + LazyImageScene.IMAGE + "\"");
                var error =
                        org.assertj.core.api.Assertions.catchThrowable(
                                () -> http.send("GET", "/api/v1/nothing", ""));
                assertThat(error).hasMessageContaining("404");
            }
        }
    }

    @Test
    void killedInTheMiddleOfManyCallsItLosesNothingThatWasAnswered() throws Exception {
        try (var scene = new LazyImageScene()) {
            for (int round = 0; round < 3; round++) {
                int base = round;
                var answered = new java.util.concurrent.ConcurrentSkipListSet<String>();
                try (var snapshotter = scene.start(Program.OURS);
                        var client = snapshotter.client()) {
                    var writer =
                            new Thread(
                                    () -> {
                                        try {
                                            for (int i = 0; i < 100_000; i++) {
                                                String name = "layer-" + base + "-" + i;
                                                client.prepare(
                                                        "x" + name,
                                                        "",
                                                        Map.of("label", "l".repeat(i % 900)));
                                                client.commit(
                                                        name,
                                                        "x" + name,
                                                        Map.of("label", "l".repeat(i % 900)));
                                                answered.add(name);
                                            }
                                        } catch (io.grpc.StatusRuntimeException e) {
                                            // Killed.
                                        }
                                    });
                    writer.start();
                    Await.until("some commits", () -> answered.size() > 30);
                    snapshotter.kill();
                    writer.join();
                }
                try (var snapshotter = scene.start(Program.OURS);
                        var client = snapshotter.client()) {
                    assertThat(client.names()).containsAll(List.copyOf(answered));
                    // Whatever the kill left is in nobody's way.
                    client.prepare("after-" + round, "", Map.of());
                    client.cleanup();
                    for (String name : client.names()) {
                        client.usage(name);
                    }
                    try (var entries = Files.list(scene.base.resolve("root/snapshots"))) {
                        assertThat(entries).hasSameSizeAs(client.names());
                    }
                }
            }
        }
    }

    @Test
    void callsThatComeBeforeADaemonIsAdoptedNeverStartASecondOne() throws Exception {
        try (var scene = new LazyImageScene()) {
            List<Long> before = List.of();
            for (int round = 0; round < 5; round++) {
                try (var snapshotter = scene.start(Program.OURS);
                        var client = snapshotter.client()) {
                    if (round == 0) {
                        scene.pull(client);
                        client.prepare("container", "sha256:two", Map.of());
                        before = scene.daemons();
                    }
                    client.mounts("container");
                    client.prepare("container-" + round, "sha256:two", Map.of());
                    assertThat(scene.daemons()).isEqualTo(before);
                    snapshotter.kill();
                }
            }
            assertThat(scene.notes()).hasSize(1);
        }
    }

    @Test
    void manyContainersAtOnceShareTheStartOfOneDaemon() throws Exception {
        try (var scene = new LazyImageScene();
                var snapshotter = scene.start(Program.OURS);
                var client = snapshotter.client()) {
            Path meta = scene.pull(client);
            var answers = new java.util.concurrent.ConcurrentLinkedQueue<String>();
            var threads = new java.util.ArrayList<Thread>();
            for (int i = 0; i < 12; i++) {
                String key = "container-" + i;
                threads.add(
                        Thread.ofVirtual()
                                .start(
                                        () ->
                                                answers.add(
                                                        client.prepare(
                                                                key, "sha256:two", Map.of()))));
            }
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(answers)
                    .hasSize(12)
                    .allMatch(text -> text.endsWith("lowerdir=" + meta + "/mnt"));
            assertThat(scene.daemons()).hasSize(1);
            assertThat(scene.notes()).hasSize(1);
        }
    }

    @Test
    void everythingIsUnmountedAtTheEndIfTheOperatorWantsThat() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("config.toml");
            Files.writeString(config, "version = 1\ncleanup_on_close = true\n");
            try (var snapshotter = scene.start(Program.OURS, "--config", config.toString());
                    var client = snapshotter.client()) {
                scene.pull(client);
                client.prepare("container", "sha256:two", Map.of());
                assertThat(snapshotter.stop()).isZero();
                assertThat(scene.daemons()).isEmpty();
                assertThat(scene.mountpoints()).isEmpty();
            }
            try (var snapshotter = scene.start(Program.OURS);
                    var client = snapshotter.client()) {
                client.mounts("container");
                assertThat(scene.daemons()).hasSize(1);
            }
        }
    }

    @Test
    void metricsCountOperationsAndDaemons() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path config = scene.base.resolve("config.toml");
            Files.writeString(config, "version = 1\n[metrics]\naddress = \"127.0.0.1:0\"\n");
            try (var snapshotter = scene.start(Program.OURS, "--config", config.toString());
                    var client = snapshotter.client()) {
                scene.pull(client);
                client.prepare("container", "sha256:two", Map.of());
                long now = Instant.now().getEpochSecond();
                Files.writeString(
                        scene.notesFile().resolveSibling("inflight"),
                        "[" + inflight(1, now - 20) + "," + inflight(2, now) + "]");
                String log = snapshotter.log();
                String port =
                        log.replaceFirst(
                                "(?s).*Start metrics HTTP server on \\D*127.0.0.1:(\\d+).*", "$1");
                var http = java.net.http.HttpClient.newHttpClient();
                var answer =
                        http.send(
                                java.net.http.HttpRequest.newBuilder(
                                                java.net.URI.create(
                                                        "http://127.0.0.1:" + port + "/v1/metrics"))
                                        .build(),
                                java.net.http.HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body())
                        .contains(
                                "snapshotter_snapshot_operation_elapsed_milliseconds_count{snapshot_operation=\"PREPARE\"} 3")
                        .contains("nydusd_lifetime_event_counts{nydusd_event=\"RUNNING\"} 1")
                        .contains("nydusd_counts{version=\"0\"} 1")
                        .containsPattern("(?m)^nydusd_hung_io_counts 1(\\.0)?$");
            }
        }
    }

    private static String inflight(int unique, long since) {
        return "{\"inode\":1,\"opcode\":15,\"unique\":%d,\"timestamp_secs\":%d}"
                .formatted(unique, since);
    }

    @Test
    void aRenewedCredentialReachesTheConfigurationAndTheRunningDaemon() throws Exception {
        try (var scene = new LazyImageScene()) {
            Path docker = Files.createDirectory(scene.base.resolve("docker"));
            Path config = scene.base.resolve("config.toml");
            Files.writeString(
                    config, "version = 1\n[remote.auth]\ncredential_renewal_interval = \"1s\"\n");
            dockerConfig(docker, "b2xkOm9sZA==");
            try (var snapshotter =
                            scene.start(
                                    Program.OURS,
                                    Map.of("DOCKER_CONFIG", docker.toString()),
                                    "--config",
                                    config.toString());
                    var client = snapshotter.client()) {
                scene.pull(client);
                client.prepare("container", "sha256:two", Map.of());
                assertThat(scene.config()).contains("\"auth\":\"b2xkOm9sZA==\"");
                dockerConfig(docker, "bmV3Om5ldw==");
                Await.until(
                        "the new credential",
                        () ->
                                scene.config().contains("\"auth\":\"bmV3Om5ldw==\"")
                                        && scene.notes()
                                                .contains(
                                                        "config / {\"registry_auth\":\"bmV3Om5ldw==\"}"));
                assertThat(snapshotter.log()).doesNotContain("bmV3Om5ldw==");
            }
        }
    }

    private static void dockerConfig(Path dir, String auth) throws Exception {
        Path fresh = dir.resolve("fresh");
        Files.writeString(fresh, "{\"auths\":{\"127.0.0.1:5000\":{\"auth\":\"" + auth + "\"}}}");
        Files.move(
                fresh,
                dir.resolve("config.json"),
                java.nio.file.StandardCopyOption.ATOMIC_MOVE,
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }
}
