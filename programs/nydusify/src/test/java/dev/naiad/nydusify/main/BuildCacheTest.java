package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.testkit.RealRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is wrong with a build cache costs time, and never an image or its content. */
@Timeout(300)
class BuildCacheTest {
    private static final String HIT = "layer from the build cache";
    private static final String CONVERTED = "msg=\"converted layer\"";
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        for (String name : List.of("a", "b")) {
            var layers =
                    List.of(
                            new SmallTar().file(name + "/lower", name.repeat(9000)).bytes(),
                            new SmallTar().file(name + "/upper", name.repeat(7000)).bytes());
            SampleImage.push(registry(), "src", name, layers, false);
        }
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

    private NydusifyRun convert(String tag, String target, String cache, String... more)
            throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "convert",
                                "--push-retry-count=1",
                                "--source",
                                at("src:" + tag),
                                "--target",
                                at(target),
                                "--build-cache",
                                cache));
        args.addAll(Arrays.asList(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new)).good();
    }

    private void assertEqual(String tag, String target) throws Exception {
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--source",
                        at("src:" + tag),
                        "--target",
                        at(target))
                .good();
    }

    /** What a cache has: digests of source layers, by digest of the blob. */
    private static List<Descriptor> records(String path) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            var fetched = source.manifest("1", Deadline.never());
            var index = ImageIndex.parse(path, fetched.mediaType(), fetched.bytes());
            assertThat(index.manifests()).hasSize(1);
            var manifest =
                    source.manifest(
                            index.manifests().getFirst().digest().toString(), Deadline.never());
            return Manifest.parse(path, manifest.mediaType(), manifest.bytes()).layers();
        }
    }

    private static List<String> sources(String path) {
        return records(path).stream()
                .map(each -> each.annotations().get(NydusAnnotations.SOURCE_DIGEST))
                .toList();
    }

    private static List<String> layers(String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), "src"))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst()
                    .manifest()
                    .layers()
                    .stream()
                    .map(each -> each.digest().toString())
                    .toList();
        }
    }

    /** As a registry's garbage collection, or somebody, may do. */
    private static void remove(String path, Digest blob) throws IOException {
        Files.delete(
                registry()
                        .storage()
                        .resolve("docker/registry/v2/repositories")
                        .resolve(path)
                        .resolve("_layers/sha256")
                        .resolve(blob.hex())
                        .resolve("link"));
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    @ParameterizedTest
    @CsvSource({
        "--fs-version=5,--fs-version=6",
        "--fs-version=6,--fs-version=5",
        "--compressor=lz4_block,--compressor=zstd",
        "--compressor=zstd,--compressor=none",
        "--chunk-size=0x10000,--chunk-size=0x20000"
    })
    void layersThatWereBuiltOtherwiseAreConverted(String before, String now) throws Exception {
        String name = (before + now).replaceAll("[^a-z0-9]", "");
        // Full from the beginning: a record gives way to its successor only.
        String full = "--build-cache-max-records=2";
        convert("a", name + ":1", at("cache/" + name + ":1"), before, full);

        NydusifyRun run = convert("a", name + ":2", at("cache/" + name + ":1"), now, full);

        assertThat(count(run.err(), "was built otherwise")).isEqualTo(2);
        assertThat(count(run.err(), CONVERTED)).isEqualTo(2);
        assertEqual("a", name + ":2");
        // The cache has the new ones now.
        assertThat(convert("a", name + ":3", at("cache/" + name + ":1"), now).err())
                .contains(HIT)
                .doesNotContain(CONVERTED);
    }

    @Test
    void layersThatNeedAChunkDictionaryAreOfNoUseWithoutIt() throws Exception {
        NydusifyRun.of(dir, "convert", "--source", at("src:a"), "--target", at("dictionary:1"))
                .good();
        String cache = at("cache/dictionary:1");
        convert("a", "shared:1", cache, "--chunk-dict=bootstrap:registry:" + at("dictionary:1"));
        assertEqual("a", "shared:1");

        NydusifyRun run = convert("a", "shared:2", cache);

        assertThat(run.err()).contains(CONVERTED);
        assertEqual("a", "shared:2");
    }

    @Test
    void aBlobThatHasGoneIsConvertedAgainAndItsRecordForgotten() throws Exception {
        String cache = at("cache/gone:1");
        convert("a", "gone:1", cache);
        assertThat(sources("cache/gone")).containsExactlyInAnyOrderElementsOf(layers("a"));
        Descriptor lost = records("cache/gone").getFirst();
        remove("cache/gone", lost.digest());

        NydusifyRun run = convert("a", "elsewhere:1", cache);

        assertThat(run.err()).contains("cannot be used and is converted");
        assertThat(count(run.err(), CONVERTED)).isEqualTo(1);
        assertThat(count(run.err(), HIT)).isEqualTo(1);
        assertEqual("a", "elsewhere:1");

        // Nobody has it any more when the next image comes.
        remove("cache/gone", lost.digest());
        convert("b", "other:1", cache);
        var left = new ArrayList<>(layers("a"));
        left.remove(lost.annotations().get(NydusAnnotations.SOURCE_DIGEST));
        left.addAll(layers("b"));
        assertThat(sources("cache/gone")).containsExactlyInAnyOrderElementsOf(left);
    }

    @Test
    void whenThereIsNoMoreRoomOldRecordsKeepTheirPlace() throws Exception {
        String cache = at("cache/full:1");
        convert("a", "full:1", cache, "--build-cache-max-records=2");
        convert("b", "full:2", cache, "--build-cache-max-records=3");

        assertThat(sources("cache/full"))
                .hasSize(3)
                .containsAll(layers("a"))
                .containsAnyElementsOf(layers("b"));
    }

    @Test
    void recordsOfAnotherVersionDoNotCountAndAreReplaced() throws Exception {
        String cache = at("cache/version:1");
        convert("a", "version:1", cache, "--build-cache-version=v1");

        assertThat(convert("a", "version:2", cache, "--build-cache-version=v2").err())
                .contains(CONVERTED)
                .doesNotContain(HIT);
        assertThat(convert("a", "version:3", cache, "--build-cache-version=v2").err())
                .contains(HIT)
                .doesNotContain(CONVERTED);
    }

    @Test
    void aCacheThatCannotBeWrittenCostsNoImage() throws Exception {
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        new HttpServer(
                                "read-only",
                                Endpoint.tcp("127.0.0.1", 0),
                                HttpServerConfig.defaults(),
                                exchange -> {
                                    if (exchange.method().equals("GET")
                                            || exchange.method().equals("HEAD")) {
                                        RegistryRelay.relay(client, registry(), exchange);
                                    } else {
                                        exchange.reply(403);
                                    }
                                })) {
            server.start();

            NydusifyRun run =
                    convert("a", "read-only:1", "127.0.0.1:" + server.port() + "/cache/ro:1");

            assertThat(run.err()).contains("is not updated").contains(CONVERTED);
            assertEqual("a", "read-only:1");
        }
    }
}
