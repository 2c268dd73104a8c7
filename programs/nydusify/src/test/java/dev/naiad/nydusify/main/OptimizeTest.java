package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.testkit.RealRegistry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code nydusify optimize} and {@code chunkdict generate}. */
@Timeout(300)
class OptimizeTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        OPEN.add(RealRegistry.start());
        SampleImage.push(source(), "src/app", "1", SampleImage.layers(), false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry source() {
        return OPEN.getFirst();
    }

    private static RealRegistry target() {
        return OPEN.getLast();
    }

    private static String at(RealRegistry registry, String path) {
        return registry.authority() + "/" + path;
    }

    private static PlatformImage image(RealRegistry registry, String path, String tag) {
        try (var from = new RegistrySource(SampleImage.open(registry, path))) {
            return SourceImage.resolve(from, tag, p -> true, Deadline.never()).images().getFirst();
        }
    }

    private void convert(String tag, String... more) throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "convert",
                                "--source",
                                at(source(), "src/" + tag),
                                "--target",
                                at(source(), "nydus/" + tag)));
        args.addAll(List.of(more));
        NydusifyRun.of(dir, args.toArray(String[]::new)).good();
    }

    @Test
    void filesAreSeparatedAndTheImageIsTheSame() throws Exception {
        convert("app:1");
        Path list =
                Files.writeString(
                        dir.resolve("files.json"),
                        "{\"version\":\"v1\",\"files\":[{\"path\":\"/etc/motd\",\"ranges\":null},"
                                + "{\"path\":\"/data/large\",\"ranges\":[[3145728,100]]}]}");
        NydusifyRun.of(
                        dir,
                        "optimize",
                        "--source",
                        at(source(), "nydus/app:1"),
                        "--target",
                        at(target(), "fast/app:1"),
                        "--prefetch-files",
                        list.toString(),
                        "--source-backend-type",
                        "localfs")
                .good();
        PlatformImage before = image(source(), "nydus/app", "1");
        PlatformImage after = image(target(), "fast/app", "1");
        var layers = after.manifest().layers();
        assertThat(layers).hasSize(before.manifest().layers().size() + 1);
        assertThat(layers.subList(0, 4)).isEqualTo(before.manifest().layers().subList(0, 4));
        assertThat(layers.get(4).mediaType()).isEqualTo(MediaTypes.NYDUS_BLOB);
        assertThat(layers.get(4).size()).isBetween(1L << 20, 2L << 20);
        assertThat(layers.getLast().annotations())
                .containsEntry(NydusAnnotations.PREFETCH_BLOB, layers.get(4).digest().hex())
                .containsEntry(NydusAnnotations.BOOTSTRAP, "true");
        assertThat(after.config().diffIds()).hasSize(6).contains(layers.get(4).digest());
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--source",
                        at(source(), "src/app:1"),
                        "--target",
                        at(target(), "fast/app:1"))
                .good();
        assertThat(dir.resolve("work").toFile().list()).doesNotContain("nydusify-");
    }

    @Test
    void withoutAnythingToSeparateTheImageStaysAsItIs() throws Exception {
        convert("app:1");
        Path list =
                Files.writeString(
                        dir.resolve("files.json"),
                        "{\"version\":\"v1\",\"files\":[{\"path\":\"/no/such\",\"ranges\":null}]}");
        NydusifyRun run =
                NydusifyRun.of(
                                dir,
                                "optimize",
                                "--source",
                                at(source(), "nydus/app:1"),
                                "--target",
                                at(target(), "same/app:1"),
                                "--prefetch-files",
                                list.toString())
                        .good();
        assertThat(run.err()).contains("nothing to separate");
        assertThat(image(target(), "same/app", "1").manifestBytes())
                .isEqualTo(image(source(), "nydus/app", "1").manifestBytes());
    }

    @Test
    void whatIsNoNydusImageIsNamed() throws Exception {
        Path list = Files.writeString(dir.resolve("f.json"), "{\"version\":\"v1\",\"files\":[]}");
        NydusifyRun.of(
                        dir,
                        "optimize",
                        "--source",
                        at(source(), "src/app:1"),
                        "--target",
                        at(target(), "x/app:1"),
                        "--prefetch-files",
                        list.toString())
                .failedWith("is not a Nydus image");
        NydusifyRun.of(
                        dir,
                        "chunkdict",
                        "generate",
                        "--sources",
                        at(source(), "src/app:1"),
                        "--target",
                        at(target(), "x/app:1"))
                .failedWith("is not a Nydus image");
    }

    @Test
    void versionsOfAnImageMakeADictionary() throws Exception {
        byte[] shared = new byte[3 << 20];
        new Random(7).nextBytes(shared);
        var references = new ArrayList<String>();
        for (int version = 1; version <= 12; version++) {
            byte[] own = new byte[1 << 20];
            new Random(version).nextBytes(own);
            SampleImage.push(
                    source(),
                    "src/lib",
                    "v" + version,
                    List.of(
                            new SmallTar().file("own", own).bytes(),
                            new SmallTar().file("shared", shared).bytes()),
                    false);
            convert("lib:v" + version);
            references.add(at(source(), "nydus/lib:v" + version));
        }
        NydusifyRun.of(
                        dir,
                        "chunkdict",
                        "generate",
                        "--sources",
                        String.join(",", references),
                        "--target",
                        at(target(), "dict/lib:1"))
                .good();
        PlatformImage dictionary = image(target(), "dict/lib", "1");
        assertThat(dictionary.isNydus()).isTrue();
        assertThat(dictionary.manifest().layers().getLast().mediaType())
                .isEqualTo(MediaTypes.DOCKER_LAYER_GZIP);
        var shares = image(source(), "nydus/lib", "v1").manifest().layers().get(1);
        assertThat(dictionary.manifest().layers()).contains(shares);
        NydusifyRun check =
                NydusifyRun.of(dir, "check", "--target", at(target(), "dict/lib:1")).good();
        assertThat(check.err()).contains("verified bootstrap of");

        // Converted with it, a new version does not store what all versions share.
        byte[] own = new byte[1 << 20];
        new Random(13).nextBytes(own);
        SampleImage.push(
                source(),
                "src/lib",
                "v13",
                List.of(
                        new SmallTar().file("own", own).bytes(),
                        new SmallTar().file("copy-of-shared", shared).bytes()),
                false);
        NydusifyRun.of(
                        dir,
                        "convert",
                        "--source",
                        at(source(), "src/lib:v13"),
                        "--target",
                        at(target(), "dict/lib:v13"),
                        "--chunk-dict",
                        "bootstrap:registry:" + at(target(), "dict/lib:1"))
                .good();
        assertThat(image(target(), "dict/lib", "v13").manifest().layers()).contains(shares);
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--source",
                        at(source(), "src/lib:v13"),
                        "--target",
                        at(target(), "dict/lib:v13"))
                .good();
    }
}
