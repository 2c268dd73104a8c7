package dev.naiad.acceleration.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.acceleration.layer.LayerStore;
import dev.naiad.base.bytes.ByteSize;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.SeededRandom;
import dev.naiad.testkit.ShortTempDir;
import dev.naiad.testkit.TestTar;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The driver's keys do what they say, against a real registry. */
@Timeout(300)
class DriverKeysTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path directory = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static ImageReference at(String image) {
        return ImageReference.parse(registry().authority() + "/" + image);
    }

    private static byte[] layer(String name) {
        return new TestTar()
                .file(name, SeededRandom.bytes(new Random(name.hashCode()), 300_000))
                .end();
    }

    private ImageConversion conversion(String driver, String rules) {
        var problems = new Problems();
        var config =
                AcceldConfig.parse(
                        YamlReader.parse(
                                "test",
                                """
                                server: {port: 1}
                                provider: {work_dir: "%s", gcpolicy: {threshold: 1GB}, cache_version: v9}
                                converter:
                                  worker: 1
                                  driver: {type: nydus, config: {%s}}
                                  rules: [{tag_suffix: -nydus}, %s]
                                """
                                        .formatted(directory, driver, rules)),
                        problems);
        problems.throwIfAny();
        var store =
                LayerStore.open(
                        directory.resolve("content"), ByteSize.ofMib(64), InstantSource.system());
        return Engine.open(
                config,
                Map.of("DOCKER_CONFIG", directory.toString()),
                InstantSource.system(),
                Optional.of(store));
    }

    private static RegistrySource open(String path) {
        return new RegistrySource(SampleImage.open(registry(), path));
    }

    private static Manifest manifest(String path, String tag) {
        try (var source = open(path)) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst()
                    .manifest();
        }
    }

    private static long kept(Path directory) throws Exception {
        try (var files = Files.list(directory.resolve("content/blobs/sha256"))) {
            return files.count();
        }
    }

    /** Flips a byte of the only layer that is kept. */
    private void damage(boolean atTheEnd) throws Exception {
        try (var files = Files.list(directory.resolve("content/blobs/sha256"))) {
            Path file = files.toList().getFirst();
            byte[] bytes = Files.readAllBytes(file);
            bytes[atTheEnd ? bytes.length - 600 : 1000] ^= 1;
            Files.write(file, bytes);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aKeptLayerThatIsDamagedIsConvertedAgain(boolean atTheEnd) throws Exception {
        String path = "damaged/" + atTheEnd;
        byte[] tar = layer(path);
        SampleImage.push(registry(), path + "/one", "1", List.of(tar), false);
        SampleImage.push(registry(), path + "/two", "1", List.of(tar), false);
        conversion("", "").convert(at(path + "/one:1"));
        assertThat(kept(directory)).isEqualTo(1);
        damage(atTheEnd);

        conversion("", "").convert(at(path + "/two:1"));

        var layer = manifest(path + "/two", "1-nydus").layers().getFirst();
        assertThat(layer).isEqualTo(manifest(path + "/one", "1-nydus").layers().getFirst());
        try (var source = open(path + "/two");
                var blob = source.blob(layer.digest(), Deadline.never())) {
            assertThat(Digest.sha256Of(blob.readAllBytes())).isEqualTo(layer.digest());
        }
    }

    @Test
    void mergeManifestGivesAnIndexThatIsNotConvertedAgain() throws Exception {
        SampleImage.push(registry(), "merged/app", "1", List.of(layer("m")), false);
        var conversion = conversion("merge_manifest: true", "");

        assertThat(conversion.convert(at("merged/app:1")).note()).isEmpty();

        try (var source = open("merged/app")) {
            var fetched = source.manifest("1-nydus", Deadline.never());
            var index = ImageIndex.parse("index", fetched.mediaType(), fetched.bytes());
            assertThat(index.mediaType()).isEqualTo(MediaTypes.OCI_INDEX);
            assertThat(index.manifests()).hasSize(2);
        }
        assertThat(conversion.convert(at("merged/app:1")).note()).isEqualTo("already converted");
        assertThat(conversion.convert(at("merged/app:1-nydus")).note())
                .isEqualTo("is a Nydus image already");
    }

    @Test
    void theCacheTagIsWrittenUsedAndNoImage() throws Exception {
        SampleImage.push(
                registry(), "cached/app", "1", List.of(layer("base"), layer("one")), false);
        SampleImage.push(
                registry(), "cached/app", "2", List.of(layer("base"), layer("two")), false);
        String rules = "{cache_tag: nydus-cache}";
        assertThat(conversion("", rules).convert(at("cached/app:1")).note()).isEmpty();
        var cache = manifest("cached/app", "nydus-cache");
        assertThat(cache.annotations()).containsEntry(NydusAnnotations.CACHE_VERSION, "v9");
        assertThat(cache.layers()).hasSize(2);
        ShortTempDir.deleteTree(directory.resolve("content")); // not from there

        assertThat(conversion("", rules).convert(at("cached/app:2")).note()).isEmpty();

        assertThat(kept(directory)).isEqualTo(1); // only what was converted now
        assertThat(manifest("cached/app", "nydus-cache").layers()).hasSize(3);
        assertThat(manifest("cached/app", "2-nydus").layers().getFirst().digest())
                .isEqualTo(manifest("cached/app", "1-nydus").layers().getFirst().digest());
        assertThat(conversion("", rules).convert(at("cached/app:nydus-cache")).note())
                .isEqualTo("is the cache of its repository");
    }

    @Test
    void aDictionaryIsReferredToAndItsLayersAreNotKept() throws Exception {
        SampleImage.push(registry(), "dict/base", "1", List.of(layer("shared")), false);
        conversion("", "").convert(at("dict/base:1"));
        SampleImage.push(
                registry(), "dict/app", "1", List.of(layer("shared"), layer("own")), false);
        long before = kept(directory);

        SampleImage.push(registry(), "dict/other", "1", List.of(layer("shared")), false);
        var conversion = conversion("chunk_dict_ref: \"" + at("dict/base:1-nydus") + "\"", "");

        conversion.convert(at("dict/app:1"));
        conversion.convert(at("dict/other:1"));

        var manifest = manifest("dict/app", "1-nydus");
        assertThat(manifest.layers()).hasSize(4);
        assertThat(manifest.layers().getFirst().size()).isLessThan(100_000);
        assertThat(manifest.layers().get(2).digest())
                .isEqualTo(manifest("dict/base", "1-nydus").layers().getFirst().digest());
        assertThat(kept(directory)).isEqualTo(before);
        String bootstrap = manifest("dict/base", "1-nydus").layers().getLast().digest().toString();
        assertThat(registry().accesses())
                .filteredOn(access -> access.method().equals("GET"))
                .filteredOn(access -> access.path().endsWith("dict/base/blobs/" + bootstrap))
                .hasSize(1); // for both
    }

    @Test
    void anOciReferenceImageReadsFromTheLayersThatAreThere() throws Exception {
        SampleImage.push(registry(), "ref/app", "1", List.of(layer("r")), true);

        conversion("oci_ref: true", "").convert(at("ref/app:1"));

        var manifest = manifest("ref/app", "1-nydus");
        assertThat(manifest.mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(manifest.layers().getFirst().annotations())
                .containsEntry(
                        NydusAnnotations.REF,
                        manifest("ref/app", "1").layers().getFirst().digest().toString());
    }

    @Test
    void blobsGoToTheBackendThatIsNamed() throws Exception {
        SampleImage.push(registry(), "backend/app", "1", List.of(layer("b")), false);
        Path blobs = Files.createDirectory(directory.resolve("backend"));

        conversion("backend_type: localfs, backend_config: '{\"dir\":\"" + blobs + "\"}'", "")
                .convert(at("backend/app:1"));

        assertThat(manifest("backend/app", "1-nydus").layers()).hasSize(1);
        try (var files = Files.list(blobs)) {
            assertThat(files.filter(Files::isRegularFile)).hasSize(1);
        }
    }

    @Test
    void versionFiveOtherCompressorsAndBatchesAreMade() throws Exception {
        SampleImage.push(registry(), "v5/app", "1", List.of(layer("v")), false);
        SampleImage.push(registry(), "v6/app", "1", List.of(layer("v")), false);

        conversion("fs_version: 5, compressor: lz4_block, fs_align_chunk: true", "")
                .convert(at("v5/app:1"));
        conversion("batch_size: 0x10000, fs_chunk_size: 0x20000, with_referrer: true", "")
                .convert(at("v6/app:1"));

        assertThat(manifest("v5/app", "1-nydus").annotations())
                .containsEntry(NydusAnnotations.FS_VERSION, "5");
        assertThat(manifest("v6/app", "1-nydus").json().has("subject")).isTrue();
    }
}
