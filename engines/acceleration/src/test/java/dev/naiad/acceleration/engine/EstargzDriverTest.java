package dev.naiad.acceleration.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.acceleration.config.AcceldConfig;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.Problems;
import dev.naiad.base.config.YamlReader;
import dev.naiad.base.error.NaiadException;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.oci.ref.ImageReference;
import dev.naiad.testkit.RealRegistry;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images with seekable layers, against a real registry. */
@Timeout(300)
class EstargzDriverTest {
    private static final String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";
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

    private ImageConversion conversion(String driver) {
        var problems = new Problems();
        var config =
                AcceldConfig.parse(
                        YamlReader.parse(
                                "test",
                                """
                                server: {port: 1}
                                provider: {work_dir: "%s", gcpolicy: {threshold: 1GB}}
                                converter:
                                  worker: 1
                                  driver: {type: estargz, config: {%s}}
                                  rules: [{tag_suffix: -esgz}]
                                """
                                        .formatted(directory, driver)),
                        problems);
        problems.throwIfAny();
        return Engine.open(
                config,
                Map.of("DOCKER_CONFIG", directory.toString()),
                InstantSource.system(),
                Optional.empty());
    }

    private static RegistrySource open(String path) {
        return new RegistrySource(SampleImage.open(registry(), path));
    }

    private static SourceImage image(String path, String tag) {
        try (var source = open(path)) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never());
        }
    }

    private static byte[] unpacked(String path, Descriptor layer) throws Exception {
        try (var source = open(path);
                var in = source.blob(layer.digest(), Deadline.never());
                var plain = LayerStreams.open(in, "layer")) {
            return plain.readAllBytes();
        }
    }

    private static void assertSeekable(String path, String packed) throws Exception {
        var image = image(path, "1-esgz").images().getFirst();
        var source = image(path, "1").images().getFirst();
        assertThat(image.manifest().annotations())
                .containsEntry(
                        NydusAnnotations.SOURCE_DIGEST, source.descriptor().digest().toString())
                .containsEntry("org.example", "kept");
        assertThat(image.manifest().layers()).hasSameSizeAs(source.manifest().layers());
        for (int i = 0; i < image.manifest().layers().size(); i++) {
            Descriptor layer = image.manifest().layers().get(i);
            assertThat(layer.mediaType()).endsWith(packed);
            assertThat(layer.annotations()).containsKey(TOC_DIGEST);
            assertThat(image.diffIds().get(i)).isEqualTo(Digest.sha256Of(unpacked(path, layer)));
        }
        assertThat(image.config().json().get("x-unknown")).isNotNull();
    }

    @Test
    void everyLayerIsSeekableAndNothingIsDoneTwice() throws Exception {
        SampleImage.push(registry(), "a/app", "1", SampleImage.layers(), false);
        var conversion = conversion("");
        var outcome = conversion.convert(at("a/app:1"));
        assertThat(outcome.note()).isEmpty();
        assertThat(outcome.targetSize()).isPositive();
        assertSeekable("a/app", "tar+gzip");
        assertThat(conversion.convert(at("a/app:1")).note()).isEqualTo("already converted");
        assertThat(conversion.convert(at("a/app:1-esgz")).note())
                .isEqualTo("is an eStargz image already");
    }

    @Test
    void layersThatAreSeekableStayAndDockerBecomesOciIfWanted() throws Exception {
        SampleImage.push(registry(), "b/app", "1", SampleImage.smallLayers(), true);
        conversion("").convert(at("b/app:1"));
        var docker = image("b/app", "1-esgz").images().getFirst();
        assertThat(docker.manifest().mediaType()).isEqualTo(MediaTypes.DOCKER_MANIFEST);
        assertThat(docker.manifest().layers())
                .allMatch(layer -> layer.mediaType().equals(MediaTypes.DOCKER_LAYER_GZIP));
        conversion("docker2oci: true").convert(at("b/app@" + source("b/app")));
        var oci = image("b/app", "latest-esgz").images().getFirst();
        assertThat(oci.manifest().mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(oci.manifest().layers())
                .allMatch(layer -> layer.mediaType().equals(MediaTypes.OCI_LAYER_GZIP));
        assertThat(oci.diffIds()).isEqualTo(docker.diffIds());
    }

    private static Digest source(String path) {
        return image(path, "1").images().getFirst().descriptor().digest();
    }

    @Test
    void zstdChunkedHasItsPlacesInTheManifest() throws Exception {
        SampleImage.push(registry(), "z/app", "1", SampleImage.layers(), false);
        conversion("compression: zstdchunked").convert(at("z/app:1"));
        assertSeekable("z/app", "tar+zstd");
        assertThat(image("z/app", "1-esgz").images().getFirst().manifest().layers())
                .allMatch(
                        layer ->
                                layer.annotations()
                                        .containsKey(
                                                "io.github.containers.zstd-chunked.manifest-position"));
    }

    @Test
    void anIndexStaysOne() throws Exception {
        SampleImage.push(registry(), "i/app", "one", SampleImage.smallLayers(), false);
        var entries = new ArrayList<Descriptor>();
        try (var repository = SampleImage.open(registry(), "i/app")) {
            var only = image("i/app", "one").images().getFirst().descriptor();
            for (String architecture : List.of("amd64", "arm64")) {
                var json =
                        only.json()
                                .with(
                                        "platform",
                                        JsonReader.parse(
                                                "platform",
                                                "{\"os\":\"linux\",\"architecture\":\""
                                                        + architecture
                                                        + "\"}"));
                entries.add(
                        new Descriptor(
                                only.mediaType(), only.digest(), only.size(), Map.of(), json));
            }
            repository.putManifest(
                    "1",
                    MediaTypes.OCI_INDEX,
                    ImageIndex.of(MediaTypes.OCI_INDEX, entries).toJson(),
                    Deadline.never());
        }
        conversion("").convert(at("i/app:1"));
        var index = image("i/app", "1-esgz");
        assertThat(index.indexType()).contains(MediaTypes.OCI_INDEX);
        assertThat(index.images()).hasSize(2);
        assertThat(index.images().getLast().descriptor().platform().map(Object::toString))
                .contains("linux/arm64");
    }

    @Test
    void aKeyThatIsWrongIsNamed() {
        assertThatThrownBy(() -> conversion("compression: lz4"))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("compression")
                .hasMessageContaining("zstdchunked");
    }
}
