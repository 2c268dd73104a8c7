package dev.naiad.acceld.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.nydusify.main.NydusifyProgram;
import dev.naiad.oci.image.Manifest;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.TestTar;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** acceld as a process, a real registry that wants a password, and real images. */
@Tag("slow")
@Timeout(300)
class AcceldTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();
    private static final String AUTH =
            Base64.getEncoder()
                    .encodeToString(
                            (RealRegistry.USER + ":" + RealRegistry.PASSWORD)
                                    .getBytes(StandardCharsets.UTF_8));

    @TempDir Path directory = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.builder().password().start());
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static String at(String image) {
        return registry().authority() + "/" + image;
    }

    private Path config(String threshold) {
        return RunningAcceld.configure(directory, registry().authority(), AUTH, threshold, "");
    }

    private static byte[] layer(String name, int size) {
        return new TestTar()
                .dir("data/", 0755)
                .file("data/" + name, SeededRandom.bytes(new Random(name.hashCode()), size))
                .end();
    }

    private static Manifest manifest(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst()
                    .manifest();
        }
    }

    private static boolean exists(String path, String tag) {
        try {
            manifest(path, tag);
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    /** Runs nydusify check with docker's credentials. */
    private String check(String source, String target) throws Exception {
        Path docker = Files.createDirectories(directory.resolve("docker"));
        Files.writeString(
                docker.resolve("config.json"),
                "{\"auths\":{\"" + registry().authority() + "\":{\"auth\":\"" + AUTH + "\"}}}");
        var said = new ByteArrayOutputStream();
        try (var out = new PrintStream(said, true, StandardCharsets.UTF_8)) {
            int code =
                    new NydusifyProgram(AcceldTest::noNydusImage)
                            .run(
                                    ProgramContext.forTest(
                                            out, out, Map.of("DOCKER_CONFIG", docker.toString())),
                                    List.of(
                                            "check",
                                            "--source",
                                            source,
                                            "--target",
                                            target,
                                            "--work-dir",
                                            directory.resolve("check").toString()));
            return code + "\n" + said.toString(StandardCharsets.UTF_8);
        }
    }

    /** No command that is run here builds from a directory. */
    private static int noNydusImage(ProgramContext context, List<String> args) {
        throw new AssertionError("nydus-image " + args);
    }

    private static long uploads() {
        return registry().accesses().stream()
                .filter(
                        access ->
                                access.method().equals("PUT") && access.path().contains("/blobs/"))
                .count();
    }

    @Test
    void anImageThatIsPushedIsThereAsANydusImageAndPassesTheCheck() throws Exception {
        SampleImage.push(registry(), "hook/app", "1", SampleImage.layers(), false);
        try (var acceld = RunningAcceld.start(config("1GB"))) {
            assertThat(acceld.webhook(at("hook/app:1"), false)).isEqualTo("200 \"Ok\"");

            var task = acceld.ended(at("hook/app:1"));

            assertThat(task.get("status").text()).as(acceld.output()).isEqualTo("COMPLETED");
            assertThat(Long.parseLong(task.get("source_size").text())).isPositive();
            assertThat(Long.parseLong(task.get("target_size").text())).isPositive();
            assertThat(manifest("hook/app", "1-nydus").isNydus()).isTrue();
            assertThat(check(at("hook/app:1"), at("hook/app:1-nydus"))).startsWith("0\n");

            // Harbor tells of our own push too, and people push the same thing again.
            long before = uploads();
            assertThat(acceld.webhook(at("hook/app:1-nydus"), true)).startsWith("200");
            assertThat(acceld.webhook(at("hook/app:1"), true)).startsWith("200");
            assertThat(uploads()).isEqualTo(before);
            assertThat(exists("hook/app", "1-nydus-nydus")).isFalse();
            assertThat(acceld.tasks())
                    .extracting(each -> each.get("reason").text())
                    .containsExactly("already converted", "is a Nydus image already", "");
            assertThat(acceld.output()).doesNotContain(RealRegistry.PASSWORD).doesNotContain(AUTH);
        }
    }

    @Test
    void aTagThatLooksConvertedAndIsNotIsConverted() throws Exception {
        SampleImage.push(registry(), "looks/app", "x-nydus", SampleImage.smallLayers(), false);
        try (var acceld = RunningAcceld.start(config("1GB"))) {
            assertThat(acceld.webhook(at("looks/app:x-nydus"), true)).startsWith("200");

            assertThat(manifest("looks/app", "x-nydus-nydus").isNydus()).isTrue();
        }
    }

    @Test
    void layersThatWereConvertedForAnotherImageAreNotConvertedAgain() throws Exception {
        byte[] base = layer("base", 300_000);
        SampleImage.push(registry(), "one/app", "1", List.of(base, layer("a", 1000)), false);
        SampleImage.push(registry(), "two/app", "1", List.of(base, layer("b", 1000)), false);
        Path config = config("1GB");
        try (var acceld = RunningAcceld.start(config)) {
            assertThat(acceld.webhook(at("one/app:1"), true)).startsWith("200");
            assertThat(acceld.terminate()).isZero();
        }
        try (var acceld = RunningAcceld.start(config)) {
            assertThat(acceld.webhook(at("two/app:1"), true)).startsWith("200");

            assertThat(acceld.output()).containsOnlyOnce("was converted before");
            assertThat(manifest("two/app", "1-nydus").layers().getFirst().digest())
                    .isEqualTo(manifest("one/app", "1-nydus").layers().getFirst().digest());
            assertThat(check(at("two/app:1"), at("two/app:1-nydus"))).startsWith("0\n");
        }
    }

    @Test
    void theStoreStaysUnderItsLimit() throws Exception {
        long limit = 1 << 20;
        for (int i = 0; i < 5; i++) {
            SampleImage.push(
                    registry(), "gc/app", "v" + i, List.of(layer("gc" + i, 350_000)), false);
        }
        try (var acceld = RunningAcceld.start(config("1MB"))) {
            for (int i = 0; i < 5; i++) {
                assertThat(acceld.webhook(at("gc/app:v" + i), true)).startsWith("200");
                assertThat(stored()).isBetween(1L, limit * 8 / 10);
            }
            assertThat(acceld.output()).contains("removed 1 layers");
        }
    }

    private long stored() throws IOException {
        long sum = 0;
        try (var files = Files.list(directory.resolve("work/content/blobs/sha256"))) {
            for (Path file : files.toList()) {
                sum += Files.size(file);
            }
        }
        return sum;
    }

    @Test
    void accelctlAsksForConversionsAndShowsThem() throws Exception {
        SampleImage.push(registry(), "ctl/app", "1", SampleImage.smallLayers(), false);
        Path config = config("1GB");
        try (var acceld = RunningAcceld.start(config)) {
            String address = acceld.address();
            String[] task = {"task", "--addr", address, "--auth-header", "hook secret"};

            assertThat(acceld.accelctl(with(task, "create", "--sync", at("ctl/app:1"))))
                    .startsWith("0\n");
            assertThat(exists("ctl/app", "1-nydus")).isTrue();
            assertThat(acceld.accelctl(with(task, "create", "--sync", at("ctl/none:1"))))
                    .startsWith("1\n")
                    .contains("service response: ")
                    .contains("ctl/none");
            assertThat(acceld.accelctl("task", "--addr", address, "create", at("ctl/app:1")))
                    .startsWith("1\n")
                    .contains("service response: ", "Authorization");
            String table = acceld.accelctl("task", "--addr", address, "list");
            assertThat(table.lines().skip(1).findFirst().orElseThrow())
                    .matches("ID +CREATED +STATUS +SOURCE +REASON");
            assertThat(table)
                    .containsPattern(
                            "\n[0-9a-f-]{36} {3}\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d {3}FAILED +\\S+/ctl/none:1")
                    .containsPattern("COMPLETED +\\S+/ctl/app:1\n");
            assertThat(acceld.accelctl("task", "--addr", address, "ls")).isEqualTo(table);

            // Its own conversion, while acceld has the store.
            SampleImage.push(registry(), "ctl/app", "2", SampleImage.smallLayers(), true);
            assertThat(acceld.accelctl("convert", "--config", config.toString(), at("ctl/app:2")))
                    .startsWith("0\n");
            assertThat(exists("ctl/app", "2-nydus")).isTrue();
        }
    }

    private static String[] with(String[] first, String... more) {
        var all = new ArrayList<>(List.of(first));
        all.addAll(List.of(more));
        return all.toArray(String[]::new);
    }

    /** A registry of which one blob comes when it is let go. */
    private static HttpServer gate(
            HttpClient client, Digest blob, AtomicInteger held, CountDownLatch open) {
        var server =
                new HttpServer(
                        "gate",
                        Endpoint.tcp("127.0.0.1", 0),
                        HttpServerConfig.defaults().withMaxBodyBytes(64 << 20),
                        exchange -> {
                            if (exchange.method().equals("GET")
                                    && exchange.path().endsWith("/blobs/" + blob)) {
                                held.incrementAndGet();
                                open.await();
                            }
                            RegistryRelay.relay(client, registry(), exchange);
                        });
        server.start();
        return server;
    }

    @Test
    void aTaskDuringWhichAcceldIsKilledIsDoneByTheNextOne() throws Exception {
        SampleImage.push(registry(), "slow/app", "1", SampleImage.smallLayers(), false);
        Digest upper = manifest("slow/app", "1").layers().getLast().digest();
        var held = new AtomicInteger();
        var open = new CountDownLatch(1);
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var gate = gate(client, upper, held, open)) {
            String host = "127.0.0.1:" + gate.port();
            Path config = RunningAcceld.configure(directory, host, AUTH, "1GB", "");
            String image = host + "/slow/app:1";
            String id;
            try (var acceld = RunningAcceld.start(config)) {
                assertThat(acceld.webhook(image, false)).startsWith("200");
                Await.until("it is in the middle", () -> held.get() > 0 && oneLayerIsThere());
                id = acceld.tasks().getFirst().get("id").text();
                acceld.kill();
            }
            assertThat(exists("slow/app", "1-nydus")).isFalse();
            open.countDown();

            try (var acceld = RunningAcceld.start(config)) {
                var task = acceld.ended(image);

                assertThat(task.get("id").text()).isEqualTo(id);
                assertThat(task.get("status").text()).as(acceld.output()).isEqualTo("COMPLETED");
                assertThat(acceld.tasks()).hasSize(1);
                assertThat(acceld.output()).containsOnlyOnce("since an interrupted run");
                assertThat(manifest("slow/app", "1-nydus").isNydus()).isTrue();
                acceld.kill();
            }
            try (var acceld = RunningAcceld.start(config)) {
                assertThat(acceld.tasks()).hasSize(1);
                assertThat(acceld.tasks().getFirst().get("status").text()).isEqualTo("COMPLETED");
            }
        }
    }

    private boolean oneLayerIsThere() throws IOException {
        Path journals = directory.resolve("work/conversions");
        if (!Files.isDirectory(journals)) {
            return false;
        }
        try (var files = Files.list(journals)) {
            for (Path file : files.toList()) {
                if (Files.readString(file).contains("sha256:")) {
                    return true;
                }
            }
            return false;
        }
    }

    @Test
    void sigtermLetsTheRunningConversionFinish() throws Exception {
        SampleImage.push(registry(), "slow/app", "2", SampleImage.smallLayers(), false);
        Digest upper = manifest("slow/app", "2").layers().getLast().digest();
        var held = new AtomicInteger();
        var open = new CountDownLatch(1);
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var gate = gate(client, upper, held, open)) {
            String host = "127.0.0.1:" + gate.port();
            Path config = RunningAcceld.configure(directory, host, AUTH, "1GB", "");
            try (var acceld = RunningAcceld.start(config)) {
                acceld.webhook(host + "/slow/app:2", false);
                Await.until("it is in the middle", () -> held.get() > 0);
                var ended = new java.util.concurrent.FutureTask<>(acceld::terminate);
                Thread.ofVirtual().start(ended);
                Await.until("it stops", () -> acceld.output().contains("stopping"));

                open.countDown();

                assertThat(ended.get()).isZero();
                assertThat(exists("slow/app", "2-nydus")).isTrue();
            }
        }
    }

    @Test
    void aSecondAcceldInTheSameDirectoryIsRefused() {
        Path config = config("1GB");
        try (var first = RunningAcceld.start(config);
                var second = RunningAcceld.launch(config)) {
            assertThat(second.awaitExit()).isEqualTo(1);
            assertThat(second.output()).contains("in use by another acceld");
            assertThat(first.tasks()).isEmpty();
        }
    }

    @Test
    void aWrongConfigurationIsNamedAndEndsIt() throws Exception {
        Path config = config("1GB");
        Files.writeString(config, Files.readString(config).replace("worker: 2", "worker: 0"));
        try (var acceld = RunningAcceld.launch(config)) {
            assertThat(acceld.awaitExit()).isEqualTo(1);
            assertThat(acceld.output())
                    .contains("converter.worker: 0 is outside 1..1024")
                    .doesNotContain("\tat ");
        }
    }
}
