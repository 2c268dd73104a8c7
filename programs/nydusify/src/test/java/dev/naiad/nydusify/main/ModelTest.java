package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.builder.ImageUnpacker;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.RealRegistry;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Models that become images which can be mounted, their layers staying as they are. */
@Timeout(300)
class ModelTest {
    private static final String TYPE = "application/vnd.cnai.model.manifest.v1+json";
    private static final String CONFIG_TYPE = "application/vnd.cnai.model.config.v1+json";
    private static final String WEIGHT = "application/vnd.cnai.model.weight.v1.tar";
    private static final byte[] CONFIG =
            "{\"descriptor\":{\"name\":\"m\"},\"modelfs\":{\"type\":\"layers\",\"diffIds\":[]},\"config\":{\"format\":\"safetensors\"}}"
                    .getBytes(StandardCharsets.UTF_8);
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

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

    private static String at(String image) {
        return registry().authority() + "/" + image;
    }

    private NydusifyRun nydusify(String... args) throws Exception {
        return NydusifyRun.of(dir, args);
    }

    private static List<byte[]> layers() {
        return List.of(
                new SmallTar()
                        .directory("weights")
                        .file("weights/model.safetensors", SampleImage.LARGE)
                        .bytes(),
                new SmallTar().file("config.json", "{}").file("empty", "").bytes(),
                new SmallTar().as(0600, 7, 8, 1_600_000_000).file("README.md", "read\n").bytes());
    }

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Model(byte[] manifest, Map<Digest, byte[]> blobs) {
        Digest digest() {
            return Digest.sha256Of(manifest);
        }
    }

    private static Model model(String type, String layerType) {
        var blobs = new HashMap<Digest, byte[]>();
        var descriptors = new ArrayList<Descriptor>();
        for (byte[] tar : layers()) {
            Digest digest = Digest.sha256Of(tar);
            blobs.put(digest, tar);
            descriptors.add(
                    Descriptor.of(layerType, digest, tar.length)
                            .withAnnotation("org.cnai.model.filepath", "a"));
        }
        blobs.put(Digest.sha256Of(CONFIG), CONFIG);
        ConfigNode json = JsonReader.parse("none", "{}").with("artifactType", ConfigNode.of(type));
        var config = Descriptor.of(CONFIG_TYPE, Digest.sha256Of(CONFIG), CONFIG.length);
        byte[] manifest =
                new Manifest(
                                MediaTypes.OCI_MANIFEST,
                                config,
                                descriptors,
                                Map.of("org.example", "kept"),
                                json)
                        .toJson();
        return new Model(manifest, blobs);
    }

    private static void push(Model model, String path, String tag) {
        try (var repository = SampleImage.open(registry(), path)) {
            model.blobs.forEach(
                    (digest, bytes) -> repository.putBlob(digest, bytes, Deadline.never()));
            repository.putManifest(tag, MediaTypes.OCI_MANIFEST, model.manifest, Deadline.never());
        }
    }

    private static SourceImage.PlatformImage image(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    /** The files as the bootstrap finds them in the layers. */
    private static byte[] unpacked(String path, SourceImage.PlatformImage image) throws Exception {
        var out = new ByteArrayOutputStream();
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            byte[] boot = BootstrapArchive.fetch(source, image, Deadline.never());
            var bootstrap = BootstrapReader.open(MemorySegment.ofArray(boot), "image.boot");
            assertThat(bootstrap.blobs()).allMatch(blob -> blob.has(BlobFeatures.EXTERNAL));
            var blobs = new HashMap<String, byte[]>();
            for (byte[] tar : layers()) {
                blobs.put(Digest.sha256Of(tar).hex(), tar);
            }
            ImageUnpacker.unpack(
                    bootstrap,
                    blob -> ByteSource.of(blob.id(), MemorySegment.ofArray(blobs.get(blob.id()))),
                    out,
                    "model");
        }
        return out.toByteArray();
    }

    private void assertConverted(Model model, String path) throws Exception {
        var image = image(path, "nydus");
        var layers = image.manifest().layers();
        assertThat(image.manifest().json().get("artifactType").text()).isEqualTo(TYPE);
        assertThat(image.manifest().config().mediaType()).isEqualTo(CONFIG_TYPE);
        assertThat(image.configBytes()).isEqualTo(CONFIG);
        assertThat(image.manifest().annotations()).containsEntry("org.example", "kept");
        var subject = image.manifest().json().get("subject");
        assertThat(subject.get("digest").text()).isEqualTo(model.digest().toString());
        // What it refers to is there.
        var original = image(path, model.digest().toString());
        assertThat(layers.subList(0, 3)).isEqualTo(original.manifest().layers());
        assertThat(layers.getLast().annotations())
                .isEqualTo(
                        Map.of(
                                NydusAnnotations.BOOTSTRAP,
                                "true",
                                NydusAnnotations.FS_VERSION,
                                "6",
                                NydusAnnotations.ARTIFACT_TYPE,
                                TYPE));
        byte[] files = unpacked(path, image);
        String text = new String(files, StandardCharsets.ISO_8859_1);
        assertThat(text)
                .contains(
                        "weights/model.safetensors",
                        "config.json",
                        "empty",
                        "README.md",
                        "read\n",
                        new String(SampleImage.LARGE, StandardCharsets.ISO_8859_1));
        var check =
                nydusify(
                        "check",
                        "--source",
                        at(path + "@" + model.digest()),
                        "--target",
                        at(path + ":nydus"),
                        "--no-mount");
        check.good();
        assertThat(check.err()).contains("verified 5 chunks").contains("entries against");
    }

    @Test
    void aModelInARegistryBecomesAnImage() throws Exception {
        var model = model(TYPE, WEIGHT);
        push(model, "models/m", "1");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "model-artifact",
                        "--source",
                        at("models/m:1"),
                        "--target",
                        at("models/m:nydus"))
                .good();
        assertConverted(model, "models/m");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "model-artifact",
                        "--source",
                        at("models/m:1"),
                        "--target",
                        at("elsewhere/m:nydus"))
                .good();
        assertConverted(model, "elsewhere/m");
    }

    @Test
    void aModelOfModctlsStoreBecomesAnImage() throws Exception {
        var model = model(TYPE, WEIGHT);
        Path root = dir.resolve("modctl/content.v1/docker/registry/v2");
        model.blobs.put(model.digest(), model.manifest);
        for (var blob : model.blobs.entrySet()) {
            String hex = blob.getKey().hex();
            Path at = root.resolve("blobs/sha256/" + hex.substring(0, 2) + "/" + hex);
            Files.createDirectories(at);
            Files.write(at.resolve("data"), blob.getValue());
        }
        Path tag =
                root.resolve("repositories/models.example/team/m/_manifests/tags/v1/current/link");
        Files.createDirectories(tag.getParent());
        Files.writeString(tag, model.digest().toString());
        String config =
                "{\"context\":\"" + dir + "\",\"work_dir\":\"" + dir.resolve("modctl") + "\"}";
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "modelfile",
                        "--source-backend-config",
                        config,
                        "--source",
                        "models.example/team/m:v1",
                        "--target",
                        at("local/m:nydus"))
                .good();
        assertConverted(model, "local/m");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "modelfile",
                        "--source-backend-config",
                        config,
                        "--source",
                        "models.example/team/m:v2",
                        "--target",
                        at("local/m:2"))
                .failedWith("tag v2 is not in");
    }

    @Test
    void whatIsNoModelOrCannotBeReadAsItIsIsRefused() throws Exception {
        SampleImage.push(registry(), "src/app", "1", SampleImage.smallLayers(), false);
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "model-artifact",
                        "--source",
                        at("src/app:1"),
                        "--target",
                        at("src/app:2"))
                .failedWith("is not a model artifact", "without --source-backend-type");
        push(model(TYPE, WEIGHT + "+gzip"), "packed/m", "1");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "model-artifact",
                        "--source",
                        at("packed/m:1"),
                        "--target",
                        at("packed/m:2"))
                .failedWith("plain archives only");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "model-artifact",
                        "--oci-ref",
                        "--source",
                        at("packed/m:1"),
                        "--target",
                        at("packed/m:2"))
                .failedWith("leave out --oci-ref");
        nydusify(
                        "convert",
                        "--source-backend-type",
                        "modelfile",
                        "--source",
                        "a/b:1",
                        "--target",
                        at("packed/m:2"))
                .failedWith("--source-backend-config");
    }

    @Test
    void aTypeThatMeansAnotherFlagHasNoEffect() throws Exception {
        SampleImage.push(registry(), "plain/app", "1", SampleImage.smallLayers(), false);
        var run =
                nydusify(
                        "convert",
                        "--source-backend-type",
                        "oss",
                        "--source",
                        at("plain/app:1"),
                        "--target",
                        at("plain/app:2"));
        run.good();
        assertThat(run.err()).contains("--source-backend-type oss has no effect");
    }
}
