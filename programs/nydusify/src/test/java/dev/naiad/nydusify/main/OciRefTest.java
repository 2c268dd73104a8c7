package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.BootstrapArchive;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.reader.BootstrapReader;
import dev.naiad.testkit.RealRegistry;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

    private NydusifyRun nydusify(String... args) throws Exception {
        return NydusifyRun.of(dir, args);
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

    private NydusifyRun convert(String from, String to, String... more) throws Exception {
        var args = new ArrayList<String>(List.of("convert", "--oci-ref"));
        args.addAll(List.of("--source", registry().authority() + "/" + from));
        args.addAll(List.of("--target", registry().authority() + "/" + to));
        args.addAll(List.of(more));
        return nydusify(args.toArray(String[]::new));
    }

    @Test
    void layersStayWhereTheyAreAndAreReferredTo() throws Exception {
        NydusifyRun run = convert("src/app:1", "src/app:1-ref");
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
        NydusifyRun check =
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
        NydusifyRun run =
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
    void layersComeAlongIntoAnotherRepositoryAndTheirManifestKeepsThem() throws Exception {
        NydusifyRun run = convert("src/app:1", "elsewhere/app:ref");
        assertThat(run.code()).as(run.err()).isZero();
        String at = registry().authority();
        NydusifyRun check =
                nydusify(
                        "check",
                        "--source",
                        at + "/src/app:1",
                        "--target",
                        at + "/elsewhere/app:ref");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
        var source = image("src/app", "1");
        // A manifest of the repository lists them: garbage collection lets them be.
        var kept = image("elsewhere/app", source.descriptor().digest().toString());
        assertThat(kept.manifestBytes()).isEqualTo(source.manifestBytes());
        // Within a registry their bytes do not move.
        assertThat(registry().accesses())
                .as("uploads into the other repository")
                .filteredOn(
                        access ->
                                access.method().equals("PATCH")
                                        && access.path().startsWith("/v2/elsewhere/app/"))
                .isEmpty();
    }

    @Test
    void layersComeAlongToAnotherRegistryReadOnce() throws Exception {
        try (var other = RealRegistry.start()) {
            String at = registry().authority();
            SampleImage.push(registry(), "src/once", "1", SampleImage.layers(), false);
            NydusifyRun run =
                    nydusify(
                            "convert",
                            "--oci-ref",
                            "--source",
                            at + "/src/once:1",
                            "--target",
                            other.authority() + "/far/app:ref");
            assertThat(run.code()).as(run.err()).isZero();
            NydusifyRun check = nydusify("check", "--target", other.authority() + "/far/app:ref");
            assertThat(check.code()).as(check.err()).isZero();
            assertThat(check.err()).contains("verified 11 chunks");
            String large = image("src/once", "1").manifest().layers().get(1).digest().toString();
            assertThat(registry().accesses())
                    .as("reads of the large layer")
                    .filteredOn(
                            access ->
                                    access.method().equals("GET")
                                            && access.path().startsWith("/v2/src/once/")
                                            && access.path().endsWith(large))
                    .hasSize(1);
        }
    }

    @Test
    void layersThatCannotBeReadWhereTheyAreGetBlobsOfTheirOwn() throws Exception {
        byte[] plain = new SmallTar().directory("etc").file("etc/motd", "hello\n").bytes();
        byte[] large =
                new SmallTar().directory("data").file("data/large", SampleImage.LARGE).bytes();
        byte[] sparse =
                new SmallTar()
                        .pax(
                                "GNU.sparse.size=20000",
                                "GNU.sparse.numblocks=2",
                                "GNU.sparse.map=0,2,10000,3")
                        .file("holes", "abcde")
                        .file("after", "3")
                        .bytes();
        SampleImage.push(
                registry(),
                "src/mixed",
                "1",
                List.of(plain, large, sparse),
                false,
                "amd64",
                tar -> tar.length == large.length ? SmallTar.zstd(tar) : SmallTar.gzip(tar));
        String at = registry().authority();
        for (String target : List.of("src/mixed:ref", "src/mixed2:ref")) {
            NydusifyRun run = convert("src/mixed:1", target);
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.err())
                    .contains("zstd data")
                    .contains("sparse file")
                    .contains("verified");
            NydusifyRun check =
                    nydusify(
                            "check",
                            "--source",
                            at + "/src/mixed:1",
                            "--target",
                            at + "/" + target);
            assertThat(check.code()).as(check.err()).isZero();
            var layers = image(target.replace(":ref", ""), "ref").manifest().layers();
            assertThat(layers.get(0).annotations()).containsKey(NydusAnnotations.REF);
            assertThat(layers.get(1).annotations()).doesNotContainKey(NydusAnnotations.REF);
            assertThat(layers.get(1).size()).isGreaterThan(SampleImage.LARGE.length);
            assertThat(layers.get(2).annotations()).doesNotContainKey(NydusAnnotations.REF);
        }
    }

    @Test
    void theOriginalImageComesBack() throws Exception {
        assertThat(convert("src/app:1", "src/app:forth").code()).isZero();
        String at = registry().authority();
        NydusifyRun back =
                nydusify(
                        "convert",
                        "--reverse",
                        "--source",
                        at + "/src/app:forth",
                        "--target",
                        at + "/src/app:back");
        assertThat(back.code()).as(back.err()).isZero();
        NydusifyRun check =
                nydusify(
                        "check",
                        "--source",
                        at + "/src/app:back",
                        "--target",
                        at + "/src/app:forth");
        assertThat(check.code()).as(check.err()).isZero();
    }

    @Test
    void anArchiveHoldsTheOriginalLayersToo() throws Exception {
        Path archive = dir.resolve("out.tar");
        NydusifyRun run =
                convert("src/app:1", "src/app:named", "--target-archive", archive.toString());
        assertThat(run.code()).as(run.err()).isZero();
        String at = registry().authority();
        NydusifyRun copy =
                nydusify("copy", "--source", "file://" + archive, "--target", at + "/from/tar:ref");
        assertThat(copy.code()).as(copy.err()).isZero();
        NydusifyRun check =
                nydusify("check", "--source", at + "/src/app:1", "--target", at + "/from/tar:ref");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
    }

    @Test
    void aStorageBackendGetsTheOriginalLayersToo() throws Exception {
        Path blobs = Files.createDirectory(dir.resolve("blobs"));
        String config = "{\"dir\":\"" + blobs + "\"}";
        NydusifyRun run =
                convert(
                        "src/app:1",
                        "back/app:ref",
                        "--backend-type",
                        "localfs",
                        "--backend-config",
                        config);
        assertThat(run.code()).as(run.err()).isZero();
        for (Descriptor layer : image("src/app", "1").manifest().layers()) {
            assertThat(blobs.resolve(layer.digest().hex())).hasSize(layer.size());
        }
        assertThat(image("back/app", "ref").manifest().layers()).hasSize(1);
        String at = registry().authority();
        NydusifyRun check =
                nydusify(
                        "check",
                        "--source",
                        at + "/src/app:1",
                        "--target",
                        at + "/back/app:ref",
                        "--target-backend-type",
                        "localfs",
                        "--target-backend-config",
                        config);
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
    }

    @Test
    void theBuildCacheKnowsReferencesAndTheLayersStillComeAlong() throws Exception {
        String at = registry().authority();
        String cache = at + "/cache/refs:1";
        NydusifyRun first = convert("src/app:1", "first/app:ref", "--build-cache", cache);
        assertThat(first.code()).as(first.err()).isZero();
        NydusifyRun again = convert("src/app:1", "second/app:ref", "--build-cache", cache);
        assertThat(again.code()).as(again.err()).isZero();
        assertThat(again.err().split("layer from the build cache", -1)).hasSize(5);
        NydusifyRun check =
                nydusify(
                        "check", "--source", at + "/src/app:1", "--target", at + "/second/app:ref");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
        assertThat(bootstrapOf("second/app")).isEqualTo(bootstrapOf("first/app"));
        // What was stored with references is of no use to an image without.
        NydusifyRun plain =
                nydusify(
                        "convert",
                        "--source",
                        at + "/src/app:1",
                        "--target",
                        at + "/third/app:1",
                        "--build-cache",
                        cache);
        assertThat(plain.code()).as(plain.err()).isZero();
        assertThat(plain.err()).contains("was built otherwise");
    }

    private static byte[] bootstrapOf(String path) {
        var image = image(path, "ref");
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return BootstrapArchive.fetch(
                    source,
                    image.manifest().layers().getLast(),
                    image.config().diffIds().getLast(),
                    Deadline.never());
        }
    }

    @Test
    void copiesTakeTheOriginalLayersAlong() throws Exception {
        assertThat(convert("src/app:1", "src/app:tocopy").code()).isZero();
        String at = registry().authority();
        NydusifyRun copy =
                nydusify(
                        "copy",
                        "--source",
                        at + "/src/app:tocopy",
                        "--target",
                        at + "/copied/app:ref");
        assertThat(copy.code()).as(copy.err()).isZero();
        NydusifyRun check = nydusify("check", "--target", at + "/copied/app:ref");
        assertThat(check.code()).as(check.err()).isZero();
        assertThat(check.err()).contains("verified 11 chunks");
    }
}
