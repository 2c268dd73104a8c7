package dev.naiad.convert.nydusify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.cli.ProgramContext;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.RealRegistry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images that refer to the OCI layers they were made of. */
@Timeout(300)
class OciRefTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
        SampleImage.push(registry(), "src/docker", "1", SampleImage.smallLayers(), true);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private record Run(int code, String err) {}

    private Run nydusify(String... args) throws Exception {
        var out = new ByteArrayOutputStream();
        var err = new ByteArrayOutputStream();
        var context =
                ProgramContext.forTest(
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8),
                        Map.of("DOCKER_CONFIG", dir.toString()));
        int code = Nydusify.run(context, List.of(args));
        return new Run(code, err.toString(StandardCharsets.UTF_8));
    }

    private static SourceImage.PlatformImage image(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    private static byte[] blob(String path, Digest digest) throws Exception {
        try (var repository = SampleImage.open(registry(), path);
                var in = repository.blob(digest, Deadline.never())) {
            return in.readAllBytes();
        }
    }

    private Run convert(String from, String to, String... more) throws Exception {
        var args = new ArrayList<String>(List.of("convert", "--oci-ref"));
        args.addAll(List.of("--source", registry().authority() + "/" + from));
        args.addAll(List.of("--target", registry().authority() + "/" + to));
        args.addAll(List.of(more));
        return nydusify(args.toArray(String[]::new));
    }

    @Test
    void layersStayWhereTheyAreAndAreReferredTo() throws Exception {
        Run run = convert("src/app:1", "src/app:1-ref");
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.err()).contains("verified").contains("entries");
        var source = image("src/app", "1");
        var image = image("src/app", "1-ref");
        var layers = image.manifest().layers();
        assertThat(image.manifest().isNydus()).isTrue();
        assertThat(layers).hasSize(5);
        long described = 0;
        for (int i = 0; i < 4; i++) {
            Descriptor layer = layers.get(i);
            Digest original = source.manifest().layers().get(i).digest();
            assertThat(layer.mediaType()).isEqualTo(MediaTypes.NYDUS_BLOB);
            assertThat(layer.annotations())
                    .isEqualTo(
                            Map.of(
                                    NydusAnnotations.BLOB,
                                    "true",
                                    NydusAnnotations.REF,
                                    original.toString()));
            described += layer.size();
            assertThat(image.config().diffIds().get(i)).isEqualTo(layer.digest());
        }
        // 9 MB of data, of which nothing was stored again.
        assertThat(described).isLessThan(1 << 20);
        assertThat(layers.getLast().annotations())
                .isEqualTo(
                        Map.of(
                                NydusAnnotations.BOOTSTRAP,
                                "true",
                                NydusAnnotations.FS_VERSION,
                                "6"));
        byte[] bytes = bootstrap(image);
        var bootstrap = BootstrapReader.open(MemorySegment.ofArray(bytes), "image.boot");
        var byId = new java.util.HashMap<String, Descriptor>();
        for (int i = 0; i < 4; i++) {
            byId.put(source.manifest().layers().get(i).digest().hex(), layers.get(i));
        }
        assertThat(bootstrap.blobs()).hasSize(3); // the fourth layer has no data
        for (BlobInfo blob : bootstrap.blobs()) {
            assertThat(byId).containsKey(blob.id());
            Descriptor meta = java.util.Objects.requireNonNull(byId.get(blob.id()));
            assertThat(blob.metaBlob().id()).isEqualTo(meta.digest().hex());
            assertThat(blob.metaSize()).isEqualTo(meta.size());
            assertThat(blob.has(BlobFeatures.ZRAN)).isTrue();
        }
        // compat: chunk tables go by the names of the blobs that have them.
        String archive =
                new String(
                        new GZIPInputStream(
                                        new ByteArrayInputStream(
                                                blob("src/app", layers.getLast().digest())))
                                .readAllBytes(),
                        StandardCharsets.ISO_8859_1);
        assertThat(archive).contains("image/" + layers.getFirst().digest().hex() + ".blob.meta");
    }

    private static byte[] bootstrap(SourceImage.PlatformImage image) {
        try (var source = new RegistrySource(SampleImage.open(registry(), "src/app"))) {
            return BootstrapArchive.fetch(
                    source,
                    image.manifest().layers().getLast(),
                    image.config().diffIds().getLast(),
                    Deadline.never());
        }
    }

    @Test
    void theImageIsCheckedDownToItsChunks() throws Exception {
        assertThat(convert("src/app:1", "src/app:checked", "--no-verify").code()).isZero();
        String at = registry().authority();
        Run check =
                nydusify(
                        "check",
                        "--source",
                        at + "/src/app:1",
                        "--target",
                        at + "/src/app:checked");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err())
                .contains("verified manifest")
                .contains("verified bootstrap")
                .contains("verified 11 chunks")
                .contains("entries against");
    }

    @Test
    void dockerManifestsBecomeOnesOfOciAndOldVersionsNewOnes() throws Exception {
        Run run =
                convert(
                        "src/docker:1",
                        "src/docker:ref",
                        "--fs-version",
                        "5",
                        "--compressor",
                        "none");
        assertThat(run.code()).as(run.err()).isZero();
        var image = image("src/docker", "ref");
        assertThat(image.manifest().mediaType()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(image.manifest().config().mediaType()).isEqualTo(MediaTypes.OCI_CONFIG);
        assertThat(image.manifest().annotations())
                .containsEntry("containerd.io/snapshot/nydus-fs-version", "6");
    }

    @Test
    void layersThatTheTargetDoesNotHaveAreAskedFor() throws Exception {
        Run run = convert("src/app:1", "elsewhere/app:ref");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err())
                .contains("is not in the repository of")
                .contains("elsewhere/app")
                .contains("nydusify copy");
        String at = registry().authority();
        assertThat(
                        nydusify(
                                        "copy",
                                        "--source",
                                        at + "/src/app:1",
                                        "--target",
                                        at + "/elsewhere/app:1")
                                .code())
                .isZero();
        assertThat(convert("src/app:1", "elsewhere/app:ref").code()).isZero();
    }

    @Test
    void theOriginalImageComesBack() throws Exception {
        assertThat(convert("src/app:1", "src/app:forth").code()).isZero();
        String at = registry().authority();
        Run back =
                nydusify(
                        "convert",
                        "--reverse",
                        "--source",
                        at + "/src/app:forth",
                        "--target",
                        at + "/src/app:back");
        assertThat(back.code()).as(back.err()).isZero();
        Run check =
                nydusify(
                        "check",
                        "--source",
                        at + "/src/app:back",
                        "--target",
                        at + "/src/app:forth");
        assertThat(check.code()).as(check.err()).isZero();
    }

    @Test
    void placesWithoutTheOriginalLayersAreRefused() throws Exception {
        Run archive =
                convert(
                        "src/app:1",
                        "src/app:refused",
                        "--target-archive",
                        dir.resolve("out.tar").toString());
        assertThat(archive.code()).isEqualTo(1);
        assertThat(archive.err()).contains("--oci-ref").contains("--target-archive");
        Run backend =
                convert(
                        "src/app:1",
                        "src/app:refused",
                        "--backend-type",
                        "localfs",
                        "--backend-config",
                        "{\"dir\":\"" + dir + "\"}");
        assertThat(backend.code()).isEqualTo(1);
        assertThat(backend.err()).contains("--oci-ref").contains("--backend-type");
    }

    @Test
    void copiesTakeTheOriginalLayersAlong() throws Exception {
        assertThat(convert("src/app:1", "src/app:tocopy").code()).isZero();
        String at = registry().authority();
        Run copy =
                nydusify(
                        "copy",
                        "--source",
                        at + "/src/app:tocopy",
                        "--target",
                        at + "/copied/app:ref");
        assertThat(copy.code()).as(copy.err()).isZero();
        Run check = nydusify("check", "--target", at + "/copied/app:ref");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
    }
}
