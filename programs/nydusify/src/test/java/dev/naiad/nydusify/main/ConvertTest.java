package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.backend.registry.RegistryRepository;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.nydusimage.main.EmbeddedNydusImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.testkit.RealRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class ConvertTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();
    private static Digest sourceDigest = Digest.sha256Of(new byte[0]);

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        sourceDigest = SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    /** What a run printed and its exit code. */
    private record Run(int code, String out, String err) {}

    private Run nydusify(String... args) throws Exception {
        return nydusify(Map.of("DOCKER_CONFIG", dir.toString()), args);
    }

    private Run nydusify(Map<String, String> env, String... args) throws Exception {
        var all = new ArrayList<>(List.of(args));
        all.add("--work-dir=" + dir.resolve("work"));
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        env);
        int code = Nydusify.run(context, new EmbeddedNydusImage(), all);
        return new Run(
                code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    private static SourceImage.PlatformImage image(RealRegistry registry, String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry, path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    private static byte[] blob(RealRegistry registry, String path, Digest digest) throws Exception {
        try (var repository = SampleImage.open(registry, path);
                var in = repository.blob(digest, Deadline.never())) {
            return in.readAllBytes();
        }
    }

    private static boolean exists(RealRegistry registry, String path, String tag) {
        try (RegistryRepository repository = SampleImage.open(registry, path)) {
            repository.manifest(tag, Deadline.never());
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    @Test
    void convertedImageHasTheFormOfTheOriginals() throws Exception {
        String at = registry().authority();
        Path json = dir.resolve("out.json");
        Run run =
                nydusify(
                        "convert",
                        "--nydus-image",
                        "nydus-image",
                        "--source",
                        at + "/src/app:1",
                        "--target",
                        at + "/naiad/app:1-nydus",
                        "--output-json",
                        json.toString());
        assertThat(run.code()).as(run.err()).isZero();
        var image = image(registry(), "naiad/app", "1-nydus");
        var manifest = image.manifest();
        assertThat(manifest.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(manifest.isNydus()).isTrue();
        assertThat(manifest.layers()).hasSize(5);
        for (Descriptor layer : manifest.layers().subList(0, 4)) {
            assertThat(layer.mediaType()).isEqualTo(MediaTypes.NYDUS_BLOB);
            assertThat(layer.annotations()).isEqualTo(Map.of(NydusAnnotations.BLOB, "true"));
            byte[] bytes = blob(registry(), "naiad/app", layer.digest());
            assertThat(Digest.sha256Of(bytes)).isEqualTo(layer.digest());
            assertThat(bytes).hasSize((int) layer.size());
        }
        Descriptor last = manifest.layers().getLast();
        assertThat(last.mediaType()).isEqualTo(MediaTypes.OCI_LAYER_GZIP);
        assertThat(last.annotations())
                .isEqualTo(
                        Map.of(
                                NydusAnnotations.BOOTSTRAP, "true",
                                NydusAnnotations.FS_VERSION, "6"));
        assertThat(manifest.annotations())
                .containsEntry("org.example", "kept")
                .containsEntry(NydusAnnotations.SOURCE_DIGEST, sourceDigest.toString())
                .containsEntry(NydusAnnotations.SOURCE_REFERENCE, at + "/src/app:1")
                .containsEntry(NydusAnnotations.FS_VERSION, "6")
                .hasEntrySatisfying(
                        NydusAnnotations.BUILDER_VERSION, v -> assertThat(v).startsWith("v"));
        var diffIds = image.config().diffIds();
        assertThat(diffIds).hasSize(5);
        for (int i = 0; i < 4; i++) {
            assertThat(diffIds.get(i)).isEqualTo(manifest.layers().get(i).digest());
        }
        assertThat(image.config().json().get("x-unknown").items()).hasSize(2);
        assertThat(image.config().json().get("history").items().getLast().toString())
                .isEqualTo(
                        "{\"created_by\":\"Nydus Converter\",\"comment\":\"Nydus Bootstrap Layer\"}");
        assertThat(new String(image.manifestBytes(), StandardCharsets.UTF_8))
                .startsWith("{\n  \"schemaVersion\": 2,\n  \"mediaType\": ")
                .doesNotContain("containerd.io/uncompressed");
        assertThat(Files.readString(json))
                .contains("\"SourceImageSize\":", "\"TargetPushElapsed\":");
        assertBootstrapLayer(
                blob(registry(), "naiad/app", last.digest()), diffIds.getLast(), manifest.layers());
    }

    private static void assertBootstrapLayer(byte[] gzip, Digest diffId, List<Descriptor> layers)
            throws Exception {
        byte[] tar =
                new java.util.zip.GZIPInputStream(new ByteArrayInputStream(gzip)).readAllBytes();
        assertThat(Digest.sha256Of(tar)).isEqualTo(diffId);
        var names = new ArrayList<String>();
        for (int at = 0; tar[at] != 0; ) {
            String name = new String(tar, at, 100, StandardCharsets.UTF_8).replace("\0", "");
            int size = Integer.parseInt(new String(tar, at + 124, 11, StandardCharsets.UTF_8), 8);
            names.add(name + " " + new String(tar, at + 100, 7, StandardCharsets.UTF_8));
            at += 512 + (size + 511) / 512 * 512;
        }
        assertThat(names.subList(0, 2))
                .containsExactly("image/ 0000755", "image/image.boot 0000444");
        // The last layer has no data and so no table of chunks.
        assertThat(names.subList(2, names.size()))
                .containsExactly(
                        "image/" + layers.get(0).digest().hex() + ".blob.meta 0000444",
                        "image/" + layers.get(1).digest().hex() + ".blob.meta 0000444",
                        "image/" + layers.get(2).digest().hex() + ".blob.meta 0000444");
    }

    @Test
    void convertingTwiceGivesTheSameManifest() throws Exception {
        String at = registry().authority();
        for (String tag : List.of("a", "b")) {
            Run run =
                    nydusify(
                            "convert",
                            "--source",
                            at + "/src/app:1",
                            "--target",
                            at + "/two/app:" + tag);
            assertThat(run.code()).as(run.err()).isZero();
        }
        assertThat(image(registry(), "two/app", "a").descriptor().digest())
                .isEqualTo(image(registry(), "two/app", "b").descriptor().digest());
    }

    @Test
    void dockerSourceKeepsItsTypesUnlessOciIsAskedFor() throws Exception {
        String at = registry().authority();
        SampleImage.push(registry(), "src/docker", "1", SampleImage.smallLayers(), true);
        assertThat(
                        nydusify(
                                        "convert",
                                        "--source",
                                        at + "/src/docker:1",
                                        "--target-suffix",
                                        "-nydus")
                                .code())
                .isZero();
        var kept = image(registry(), "src/docker", "1-nydus").manifest();
        assertThat(kept.mediaType()).isEqualTo(MediaTypes.DOCKER_MANIFEST);
        assertThat(kept.layers().getLast().mediaType()).isEqualTo(MediaTypes.DOCKER_LAYER_GZIP);
        assertThat(
                        nydusify(
                                        "convert",
                                        "--oci",
                                        "--source",
                                        at + "/src/docker:1",
                                        "--target",
                                        at + "/src/docker:1-oci")
                                .code())
                .isZero();
        var oci = image(registry(), "src/docker", "1-oci").manifest();
        assertThat(oci.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(oci.config().mediaType()).isEqualTo(MediaTypes.OCI_CONFIG);
        assertThat(oci.layers().getLast().mediaType()).isEqualTo(MediaTypes.OCI_LAYER_GZIP);
    }

    @Test
    void tlsAndPasswordAreUsed() throws Exception {
        try (var secured = RealRegistry.builder().tls().password().start()) {
            SampleImage.push(secured, "src/app", "1", SampleImage.smallLayers(), false);
            String at = secured.authority();
            String[] args = {
                "convert", "--source", at + "/src/app:1", "--target", at + "/naiad/app:1"
            };
            Run unknownCa = nydusify(args);
            assertThat(unknownCa.code()).isEqualTo(1);
            assertThat(unknownCa.err()).contains("--source-insecure");
            var env =
                    Map.of(
                            "DOCKER_CONFIG", dir.toString(),
                            "SSL_CERT_FILE", secured.certificate().toString());
            Run nobody = nydusify(env, args);
            assertThat(nobody.code()).isEqualTo(1);
            assertThat(nobody.err()).contains("401").doesNotContain(RealRegistry.PASSWORD);
            String auth =
                    java.util.Base64.getEncoder()
                            .encodeToString(
                                    (RealRegistry.USER + ":" + RealRegistry.PASSWORD)
                                            .getBytes(StandardCharsets.UTF_8));
            Files.writeString(
                    dir.resolve("config.json"),
                    "{\"auths\":{\"" + at + "\":{\"auth\":\"" + auth + "\"}}}");
            Run good = nydusify(env, args);
            assertThat(good.code()).as(good.err()).isZero();
            assertThat(exists(secured, "naiad/app", "1")).isTrue();
        }
    }

    @Test
    void eachSideHasItsOwnFlagForCertificatesWhateverItsReferenceLooksLike() throws Exception {
        try (var secured = RealRegistry.builder().tls().start()) {
            SampleImage.push(secured, "src/app", "latest", SampleImage.smallLayers(), false);
            String in = secured.authority() + "/src/app"; // neither tag nor canonical form
            String out = registry().authority() + "/insecure/app:1";
            Run source = nydusify("convert", "--source-insecure", "--source", in, "--target", out);
            assertThat(source.code()).as(source.err()).isZero();
            Run other = nydusify("convert", "--target-insecure", "--source", in, "--target", out);
            assertThat(other.code()).isEqualTo(1);
            assertThat(other.err()).contains("--source-insecure accepts any certificate");
            String back = secured.authority() + "/back/app";
            Run target =
                    nydusify("convert", "--target-insecure", "--source", out, "--target", back);
            assertThat(target.code()).as(target.err()).isZero();
            Run refused =
                    nydusify("convert", "--source-insecure", "--source", out, "--target", back);
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("--target-insecure accepts any certificate");
        }
    }

    @Test
    void missingImageIsAnErrorThatNamesItAndLeavesNoTag() throws Exception {
        String at = registry().authority();
        Run run =
                nydusify(
                        "convert",
                        "--source",
                        at + "/src/none:1",
                        "--target",
                        at + "/naiad/none:1");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("404").contains("src/none");
        assertThat(exists(registry(), "naiad/none", "1")).isFalse();
    }

    @Test
    void refusedConnectionIsAnErrorThatNamesTheAddress() throws Exception {
        // Bound, so that nobody else gets the port, and not listening.
        try (var bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            String authority = "127.0.0.1:" + bound.getLocalPort();
            Run run =
                    nydusify(
                            "convert",
                            "--plain-http",
                            "--source",
                            authority + "/a:1",
                            "--target",
                            registry().authority() + "/naiad/refused:1");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains(authority).contains("refused");
        }
    }

    @Test
    void damagedLayerIsRefusedAndLeavesNoTag() throws Exception {
        String at = registry().authority();
        SampleImage.push(
                registry(),
                "src/bad",
                "1",
                List.of(new SmallTar().file("data", new byte[100_000]).bytes()),
                false);
        Digest layer = image(registry(), "src/bad", "1").manifest().layers().getFirst().digest();
        Path file = data(layer);
        byte[] good = Files.readAllBytes(file);
        byte[] flipped = good.clone();
        flipped[good.length / 2] ^= 1;
        Files.write(file, flipped);
        Run damaged =
                nydusify("convert", "--source", at + "/src/bad:1", "--target", at + "/naiad/bad:1");
        assertThat(damaged.code()).isEqualTo(1);
        assertThat(damaged.err()).contains(layer.hex());
        Files.write(file, java.util.Arrays.copyOf(good, good.length - 10));
        Run cut =
                nydusify("convert", "--source", at + "/src/bad:1", "--target", at + "/naiad/bad:1");
        assertThat(cut.code()).isEqualTo(1);
        assertThat(cut.err()).contains(layer.hex());
        assertThat(exists(registry(), "naiad/bad", "1")).isFalse();
        Files.write(file, good);
        Run repaired =
                nydusify("convert", "--source", at + "/src/bad:1", "--target", at + "/naiad/bad:1");
        assertThat(repaired.code()).as(repaired.err()).isZero();
    }

    @Test
    void flippedByteOfABlobIsFoundByCheck() throws Exception {
        String at = registry().authority();
        byte[] content = new byte[50_000];
        new java.util.Random(3).nextBytes(content);
        SampleImage.push(
                registry(),
                "src/flip",
                "1",
                List.of(new SmallTar().file("data", content).bytes()),
                false);
        Run run =
                nydusify("convert", "--source", at + "/src/flip:1", "--target", at + "/flip/app:1");
        assertThat(run.code()).as(run.err()).isZero();
        Digest blob = image(registry(), "flip/app", "1").manifest().layers().getFirst().digest();
        Path file = data(blob);
        byte[] bytes = Files.readAllBytes(file);
        bytes[20_000] ^= 1;
        Files.write(file, bytes);
        Run check = nydusify("check", "--target", at + "/flip/app:1");
        assertThat(check.code()).isEqualTo(1);
        assertThat(check.err()).contains(blob.hex());
    }

    /** Where the registry keeps a blob. */
    private static Path data(Digest blob) {
        return registry()
                .storage()
                .resolve("docker/registry/v2/blobs/sha256")
                .resolve(blob.hex().substring(0, 2))
                .resolve(blob.hex())
                .resolve("data");
    }

    @Test
    void cutUploadIsBegunAgainAndOneThatIsAlwaysCutLeavesNoTag() throws Exception {
        var patches = new AtomicInteger();
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange -> {
                                    boolean cut =
                                            exchange.method().equals("PATCH")
                                                    && patches.incrementAndGet() <= 1;
                                    return cut && RegistryRelay.cut(exchange);
                                });
                var dead =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange ->
                                        exchange.method().equals("PATCH")
                                                && RegistryRelay.cut(exchange))) {
            String source = registry().authority() + "/src/app:1";
            Run run =
                    nydusify(
                            "convert",
                            "--push-retry-delay",
                            "1ms",
                            "--source",
                            source,
                            "--target",
                            "127.0.0.1:" + server.port() + "/cut/app:1");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(patches.get()).isGreaterThan(1);
            assertThat(image(registry(), "cut/app", "1").manifest().isNydus()).isTrue();
            Run failed =
                    nydusify(
                            "convert",
                            "--push-retry-delay",
                            "1ms",
                            "--push-retry-count",
                            "2",
                            "--source",
                            source,
                            "--target",
                            "127.0.0.1:" + dead.port() + "/dead/app:1");
            assertThat(failed.code()).isEqualTo(1);
            assertThat(failed.err()).contains("dead/app");
            assertThat(exists(registry(), "dead/app", "1")).isFalse();
        }
    }

    @Test
    void wishToStopEndsAConversionThatHangs() throws Exception {
        var arrived = new CountDownLatch(1);
        var release = new CountDownLatch(1);
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange ->
                                        exchange.method().equals("PATCH")
                                                && hang(arrived, release))) {
            var err = new ByteArrayOutputStream();
            var context =
                    ProgramContext.forTest(
                            new PrintStream(
                                    new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
                            new PrintStream(err, true, StandardCharsets.UTF_8),
                            Map.of("DOCKER_CONFIG", dir.toString()));
            var code = new AtomicInteger(-1);
            Thread run =
                    Thread.ofPlatform()
                            .start(
                                    () -> {
                                        try {
                                            code.set(
                                                    Nydusify.run(
                                                            context,
                                                            new EmbeddedNydusImage(),
                                                            List.of(
                                                                    "convert",
                                                                    "--work-dir",
                                                                    dir.resolve("work").toString(),
                                                                    "--source",
                                                                    registry().authority()
                                                                            + "/src/app:1",
                                                                    "--target",
                                                                    "127.0.0.1:"
                                                                            + server.port()
                                                                            + "/stop/app:1")));
                                        } catch (Exception e) {
                                            code.set(-2);
                                        }
                                    });
            arrived.await();
            context.stop().request();
            run.join();
            assertThat(code.get()).as(err.toString(StandardCharsets.UTF_8)).isEqualTo(1);
            assertThat(exists(registry(), "stop/app", "1")).isFalse();
        } finally {
            release.countDown();
        }
    }

    private static boolean hang(CountDownLatch arrived, CountDownLatch release) {
        arrived.countDown();
        try {
            release.await();
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void forbiddenPushIsAnErrorThatNamesTheRepository() throws Exception {
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange ->
                                        exchange.method().equals("POST")
                                                && RegistryRelay.reply(exchange, 403))) {
            Run run =
                    nydusify(
                            "convert",
                            "--source",
                            registry().authority() + "/src/app:1",
                            "--target",
                            "127.0.0.1:" + server.port() + "/no/app:1");
            assertThat(run.code()).isEqualTo(1);
            assertThat(run.err()).contains("403").contains("no/app");
            assertThat(exists(registry(), "no/app", "1")).isFalse();
        }
    }

    @Test
    void copyMovesAnImageByteForByte() throws Exception {
        String at = registry().authority();
        try (var other = RealRegistry.start()) {
            Run run =
                    nydusify(
                            "copy",
                            "--source",
                            at + "/src/app:1",
                            "--target",
                            other.authority() + "/copied/app:2");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(image(other, "copied/app", "2").descriptor().digest())
                    .isEqualTo(sourceDigest);
        }
        Run mounted =
                nydusify("copy", "--source", at + "/src/app:1", "--target", at + "/copied/app:2");
        assertThat(mounted.code()).as(mounted.err()).isZero();
        assertThat(image(registry(), "copied/app", "2").descriptor().digest())
                .isEqualTo(sourceDigest);
    }

    @Test
    void mistakesOnTheCommandLineAreNamed() throws Exception {
        assertThat(
                        nydusify("convert", "--source", "a", "--target", "b", "--fs-version", "7")
                                .code())
                .isNotZero();
        Run both = nydusify("convert", "--source", "a", "--target", "b", "--target-suffix", "c");
        assertThat(both.code()).isNotZero();
        assertThat(both.err()).contains("--target-suffix");
    }
}
