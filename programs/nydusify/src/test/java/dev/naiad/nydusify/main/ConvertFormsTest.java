package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonReader;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.image.Platform;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.RealRegistry;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The forms of image that convert writes, and what it takes from other images. */
@Timeout(300)
class ConvertFormsTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    private static byte[] random(int seed, int size) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    private static List<byte[]> layers() {
        return List.of(
                new SmallTar()
                        .as(0750, 10, 20, 1_600_000_000)
                        .directory("etc")
                        .file("etc/motd", "hello\n")
                        .file("etc/data", random(1, 300_000))
                        .hardLink("etc/again", "etc/data")
                        .symlink("etc/link", "motd")
                        .bytes(),
                new SmallTar()
                        .as(0644, 0, 0, 1_600_000_001)
                        .file("etc/.wh.motd", "")
                        .pax("SCHILY.xattr.user.colour", "blue".getBytes(StandardCharsets.UTF_8))
                        .file("opt/tool/run", random(2, 100_000))
                        .device("dev", '3', 1, 3)
                        .bytes());
    }

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        var _ = SampleImage.push(registry(), "src/forms", "1", layers(), false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static String at(String reference) {
        return registry().authority() + "/" + reference;
    }

    private NydusifyRun convert(String from, String to, String... more) throws Exception {
        var args = new ArrayList<>(List.of("convert", "--source", at(from), "--target", at(to)));
        args.addAll(List.of(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new));
    }

    private void check(String source, String target) throws Exception {
        NydusifyRun.of(dir, "check", "--source", at(source), "--target", at(target)).good();
    }

    private static SourceImage.PlatformImage image(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    private static ImageIndex index(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            var fetched = source.manifest(tag, Deadline.never());
            return ImageIndex.parse(path, fetched.mediaType(), fetched.bytes());
        }
    }

    private static Manifest manifest(String path, Digest digest) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            var fetched = source.manifest(digest.toString(), Deadline.never());
            return Manifest.parse(path, fetched.mediaType(), fetched.bytes());
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--fs-version=5",
                "--fs-version=5 --fs-align-chunk",
                "--compressor=lz4_block",
                "--compressor=none",
                "--chunk-size=0x10000",
                "--batch-size=0x20000"
            })
    void everyFormIsTheSourcesTree(String flags) throws Exception {
        String tag = flags.replaceAll("[^a-z0-9]+", "").toLowerCase(java.util.Locale.ROOT);
        convert("src/forms:1", "out/forms:" + tag, flags.split(" ", -1)).good();
        check("src/forms:1", "out/forms:" + tag);
        String version = flags.contains("fs-version=5") ? "5" : "6";
        assertThat(image("out/forms", tag).manifest().layers().getLast().annotations())
                .containsEntry(NydusAnnotations.FS_VERSION, version);
    }

    @Test
    void mergedIndexHasBothFormsAndNoLayerChainInCommon() throws Exception {
        convert("src/forms:1", "out/both:1", "--merge-platform").good();
        var index = index("out/both", "1");
        assertThat(index.manifests()).hasSize(2);
        try (var repository = SampleImage.open(registry(), "out/both")) {
            byte[] text = repository.manifest("1", Deadline.never()).bytes();
            // compat: the index of the originals names no type of its own.
            assertThat(JsonReader.parse("index", text).has("mediaType")).isFalse();
        }
        var oci = index.manifests().getFirst();
        var nydus = index.manifests().getLast();
        // The source is a manifest without an index: its config tells what it is for.
        assertThat(oci.platform()).contains(new Platform("linux", "amd64", ""));
        assertThat(nydus.platform()).contains(new Platform("linux", "amd64", ""));
        assertThat(oci.annotations()).containsKey(NydusAnnotations.SOURCE_DIGEST);
        assertThat(nydus.json().get("artifactType").text()).isEqualTo(MediaTypes.NYDUS_ARTIFACT);
        var ociManifest = manifest("out/both", oci.digest());
        assertThat(ociManifest.layers()).hasSize(3);
        assertThat(ociManifest.layers().getFirst().annotations())
                .containsEntry(NydusAnnotations.EMPTY_LAYER, "true");
        assertThat(ociManifest.layers().subList(1, 3))
                .extracting(layer -> layer.digest())
                .containsExactlyElementsOf(
                        image("src/forms", "1").manifest().layers().stream()
                                .map(layer -> layer.digest())
                                .toList());
        var nydusManifest = manifest("out/both", nydus.digest());
        assertThat(nydusManifest.isNydus()).isTrue();
        assertThat(nydusManifest.config().mediaType()).isEqualTo(MediaTypes.NYDUS_CONFIG);
        try (var source = new RegistrySource(SampleImage.open(registry(), "out/both"))) {
            byte[] config =
                    source.blob(ociManifest.config().digest(), Deadline.never()).readAllBytes();
            assertThat(new String(config, StandardCharsets.UTF_8))
                    .contains(
                            "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef")
                    .contains("Nydus Empty Layer");
        }
    }

    @Test
    void chunksOfADictionaryAreNotStoredAgain() throws Exception {
        convert("src/forms:1", "dict/base:1").good();
        var more = new ArrayList<>(layers());
        more.add(
                new SmallTar()
                        .file("copy", random(1, 300_000))
                        .file("own", random(3, 50_000))
                        .bytes());
        var _ = SampleImage.push(registry(), "src/more", "1", more.subList(2, 3), false);
        convert(
                        "src/more:1",
                        "out/more:1",
                        "--chunk-dict",
                        "bootstrap:registry:" + at("dict/base:1"))
                .good();
        check("src/more:1", "out/more:1");
        var manifest = image("out/more", "1").manifest();
        // Its own blob, the dictionary's, the bootstrap.
        assertThat(manifest.layers()).hasSize(3);
        assertThat(manifest.layers().getFirst().size()).isLessThan(80_000);
        var base = image("dict/base", "1").manifest().layers().getFirst();
        assertThat(manifest.layers().get(1).digest()).isEqualTo(base.digest());
        assertThat(manifest.layers().get(1).size()).isEqualTo(base.size());
        // The same from a file.
        Path file = dir.resolve("dict.boot");
        try (var source = new RegistrySource(SampleImage.open(registry(), "dict/base"))) {
            var image = image("dict/base", "1");
            Files.write(
                    file,
                    BootstrapArchive.fetch(
                            source,
                            image.manifest().layers().getLast(),
                            image.config().diffIds().getLast(),
                            Deadline.never()));
        }
        convert("src/more:1", "dict/base:more", "--chunk-dict", "bootstrap:local:" + file).good();
        assertThat(image("dict/base", "more").manifest().layers())
                .extracting(layer -> layer.digest())
                .containsExactlyElementsOf(
                        manifest.layers().stream().map(layer -> layer.digest()).toList());
        convert("src/more:1", "out/nodict:1", "--chunk-dict", "bootstrap:local:" + file)
                .failedWith("of the chunk dictionary is not in", "bootstrap:registry");
        convert("src/more:1", "out/nodict:1", "--chunk-dict", "oci:registry:x")
                .failedWith("bootstrap:local:PATH");
    }

    @Test
    void cachedLayersAreNotConvertedAgain() throws Exception {
        String cache = at("cache/layers:1");
        convert("src/forms:1", "out/cached:1", "--build-cache", cache).good();
        var index = index("cache/layers", "1");
        assertThat(index.manifests()).hasSize(1);
        var records = manifest("cache/layers", index.manifests().getFirst().digest());
        assertThat(records.annotations()).containsEntry(NydusAnnotations.CACHE_VERSION, "v1");
        assertThat(records.layers())
                .extracting(layer -> layer.annotations().get(NydusAnnotations.SOURCE_DIGEST))
                .containsExactlyElementsOf(
                        image("src/forms", "1").manifest().layers().stream()
                                .map(layer -> layer.digest().toString())
                                .toList());
        var again = convert("src/forms:1", "other/cached:2", "--build-cache", cache).good();
        assertThat(again.err())
                .contains("layer from the build cache")
                .doesNotContain("msg=\"converted layer\"");
        assertThat(image("other/cached", "2").manifest().layers())
                .isEqualTo(image("out/cached", "1").manifest().layers());
        check("src/forms:1", "other/cached:2");
        // Another version, and other options, do not count.
        var other =
                convert(
                                "src/forms:1",
                                "out/cached:3",
                                "--build-cache",
                                cache,
                                "--build-cache-version",
                                "v2")
                        .good();
        assertThat(other.err()).contains("msg=\"converted layer\"");
        var smaller =
                convert(
                                "src/forms:1",
                                "out/cached:4",
                                "--build-cache-tag",
                                "own-cache",
                                "--chunk-size",
                                "0x10000")
                        .good();
        assertThat(smaller.err()).contains("msg=\"converted layer\"");
        var otherOptions =
                convert("src/forms:1", "out/cached:5", "--build-cache-tag", "own-cache").good();
        assertThat(otherOptions.err()).contains("was built otherwise");
        check("src/forms:1", "out/cached:5");
    }

    @Test
    void cacheHoldsNoMoreRecordsThanItMay() throws Exception {
        convert(
                        "src/forms:1",
                        "out/few:1",
                        "--build-cache-tag",
                        "few",
                        "--build-cache-max-records",
                        "1")
                .good();
        var index = index("out/few", "few");
        assertThat(manifest("out/few", index.manifests().getFirst().digest()).layers()).hasSize(1);
        convert("src/forms:1", "out/few:1", "--build-cache-tag", "a", "--build-cache", at("b:c"))
                .failedWith("exclude each other");
    }

    @Test
    void reversedImageIsTheSourceAgain() throws Exception {
        for (String flags : List.of("--fs-version=6", "--fs-version=5", "--compressor=none")) {
            String tag = flags.substring(flags.indexOf('=') + 1);
            convert("src/forms:1", "nydus/forms:" + tag, flags).good();
            var run = convert("nydus/forms:" + tag, "back/forms:" + tag, "--reverse").good();
            assertThat(run.err()).doesNotContain("becomes one layer");
            var back = image("back/forms", tag);
            assertThat(back.manifest().isNydus()).isFalse();
            assertThat(back.manifest().layers()).hasSize(2);
            assertThat(back.manifest().mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
            assertThat(back.manifest().annotations())
                    .doesNotContainKey(NydusAnnotations.FS_VERSION)
                    .containsEntry("org.example", "kept");
            assertThat(back.config().json().get("history"))
                    .isEqualTo(image("src/forms", "1").config().json().get("history"));
            // Converted again it is the same image as the source's.
            convert("back/forms:" + tag, "again/forms:" + tag).good();
            check("src/forms:1", "again/forms:" + tag);
            check("back/forms:" + tag, "nydus/forms:" + tag);
        }
        convert("src/forms:1", "back/not:1", "--reverse").failedWith("is not a Nydus image");
    }

    private static Bootstrap bootstrap(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            var image = image(path, tag);
            byte[] bytes =
                    BootstrapArchive.fetch(
                            source,
                            image.manifest().layers().getLast(),
                            image.config().diffIds().getLast(),
                            Deadline.never());
            return BootstrapReader.open(MemorySegment.ofArray(bytes), path);
        }
    }

    private static long number(Bootstrap image, String path) {
        var at = image.root();
        for (String name : path.substring(1).split("/", -1)) {
            at = Objects.requireNonNull(at.child(name.getBytes(StandardCharsets.UTF_8)));
        }
        return at.number();
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "6"})
    void whatShallBePrefetchedStandsInTheBootstrap(String version) throws Exception {
        String fs = "--fs-version=" + version;
        convert("src/forms:1", "prefetch:all", fs).good();
        assertThat(bootstrap("prefetch", "all").prefetch())
                .containsExactly(bootstrap("prefetch", "all").root().number());

        convert("src/forms:1", "prefetch:dir", fs, "--prefetch-dir=/opt/tool").good();
        var directory = bootstrap("prefetch", "dir");
        assertThat(directory.prefetch()).containsExactly(number(directory, "/opt/tool"));
        check("src/forms:1", "prefetch:dir");

        var args =
                List.of(
                        "convert",
                        fs,
                        "--prefetch-patterns",
                        "--work-dir=" + dir.resolve("work"),
                        "--source=" + at("src/forms:1"),
                        "--target=" + at("prefetch:list"));
        var env = Map.of("DOCKER_CONFIG", dir.toString());
        // What upper layers have deleted or what never was is nothing to prefetch.
        String lines = "/opt\n\n  /etc/data \n/etc/motd\n/never/was\n";
        NydusifyRun.of(env, lines, args).good();
        var list = bootstrap("prefetch", "list");
        assertThat(list.prefetch())
                .containsExactlyInAnyOrder(number(list, "/opt"), number(list, "/etc/data"));
        check("src/forms:1", "prefetch:list");

        NydusifyRun.of(env, " \n", args).failedWith("standard input has no pattern");
        convert("src/forms:1", "prefetch:both", "--prefetch-dir=/opt", "--prefetch-patterns")
                .failedWith("exclude each other");
    }

    /**
     * An index with both forms is what --merge-platform leaves; the plain form is not a dictionary.
     */
    @Test
    void aDictionaryMayBeAnIndexAndMustBeANydusImage() throws Exception {
        convert("src/forms:1", "dict/index:1", "--merge-platform").good();
        convert(
                        "src/forms:1",
                        "out/indexed:1",
                        "--chunk-dict",
                        "bootstrap:registry:" + at("dict/index:1"))
                .good();
        check("src/forms:1", "out/indexed:1");
        convert(
                        "src/forms:1",
                        "out/plain:1",
                        "--chunk-dict",
                        "bootstrap:registry:" + at("src/forms:1"))
                .failedWith("chunk dictionary", "src/forms:1", "is not a Nydus image");
    }
}
