package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.config.ConfigNode;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.Platform;
import dev.naiad.testkit.RealRegistry;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.params.provider.ValueSource;

/** Sources that are an index: which of its images are converted, and what becomes of the index. */
@Timeout(300)
class PlatformsTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        for (boolean docker : new boolean[] {false, true}) {
            putIndex(docker ? "docker" : "oci", docker);
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

    private static List<byte[]> layers(String architecture) {
        return List.of(
                new SmallTar().directory("etc").file("etc/motd", "the same\n").bytes(),
                new SmallTar().file("etc/architecture", architecture).bytes());
    }

    /** Images for three architectures, and an attestation as build tools put into an index. */
    private static void putIndex(String tag, boolean docker) {
        var entries = new ArrayList<String>();
        String type = docker ? MediaTypes.DOCKER_MANIFEST : MediaTypes.OCI_MANIFEST;
        for (String architecture : List.of("amd64", "arm64", "s390x")) {
            String own = tag + "-" + architecture;
            SampleImage.push(registry(), "src", own, layers(architecture), docker, architecture);
            entries.add(entry(own, type, "linux", architecture));
        }
        entries.add(entry(tag + "-amd64", type, "unknown", "unknown"));
        String list = docker ? MediaTypes.DOCKER_INDEX : MediaTypes.OCI_INDEX;
        byte[] index =
                ("{\"schemaVersion\":2,\"mediaType\":\""
                                + list
                                + "\",\"manifests\":["
                                + String.join(",", entries)
                                + "]}")
                        .getBytes(StandardCharsets.UTF_8);
        try (var repository = SampleImage.open(registry(), "src")) {
            repository.putManifest(tag, list, index, Deadline.never());
        }
    }

    private static String entry(String tag, String type, String os, String architecture) {
        byte[] bytes = bytes("src", tag);
        return String.format(
                "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,"
                        + "\"platform\":{\"os\":\"%s\",\"architecture\":\"%s\"}}",
                type, Digest.sha256Of(bytes), bytes.length, os, architecture);
    }

    private static byte[] bytes(String path, String tag) {
        try (var repository = SampleImage.open(registry(), path)) {
            return repository.manifest(tag, Deadline.never()).bytes();
        }
    }

    private static String mediaType(String path, String tag) {
        try (var repository = SampleImage.open(registry(), path)) {
            return repository.manifest(tag, Deadline.never()).mediaType();
        }
    }

    private NydusifyRun convert(String from, String to, String... more) throws Exception {
        var args = new ArrayList<>(List.of("convert", "--source", at(from), "--target", at(to)));
        args.addAll(Arrays.asList(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new));
    }

    private static ImageIndex index(String path, String tag) {
        return ImageIndex.parse(path, mediaType(path, tag), bytes(path, tag));
    }

    private static List<String> platforms(ImageIndex index) {
        return index.manifests().stream()
                .map(each -> each.platform().map(Platform::toString).orElse("none"))
                .toList();
    }

    private static SourceImage.PlatformImage image(String path, String key, String platform) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(
                            source, key, p -> p.toString().equals(platform), Deadline.never())
                    .images()
                    .getLast();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"oci", "docker"})
    void everyPlatformsImageIsConvertedAndTheIndexKeepsItsOrderAndType(String kind)
            throws Exception {
        convert("src:" + kind, kind + ":all", "--all-platforms").good();

        assertThat(mediaType(kind, "all"))
                .isEqualTo(kind.equals("oci") ? MediaTypes.OCI_INDEX : MediaTypes.DOCKER_INDEX);
        assertThat(platforms(index(kind, "all")))
                .containsExactly("linux/amd64", "linux/arm64", "linux/s390x");
        for (String architecture : List.of("amd64", "arm64", "s390x")) {
            var image = image(kind, "all", "linux/" + architecture);
            assertThat(image.manifest().isNydus()).isTrue();
            assertThat(image.config().platform().architecture()).isEqualTo(architecture);
            NydusifyRun.of(
                            dir,
                            "check",
                            "--no-mount",
                            "--platform=linux/" + architecture,
                            "--source",
                            at("src:" + kind),
                            "--target",
                            at(kind + ":all"))
                    .good();
            // Each has its own tree, not somebody else's.
            NydusifyRun other =
                    NydusifyRun.of(
                            dir,
                            "check",
                            "--no-mount",
                            "--platform=linux/" + architecture,
                            "--source",
                            at(
                                    "src:"
                                            + kind
                                            + (architecture.equals("arm64") ? "-amd64" : "-arm64")),
                            "--target",
                            at(kind + ":all"));
            other.failedWith("/etc/architecture");
        }
    }

    @Test
    void onePlatformOfManyIsAnImageAndNoIndex() throws Exception {
        convert("src:oci", "one:arm", "--platform", "linux/arm64").good();

        assertThat(mediaType("one", "arm")).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(image("one", "arm", "").config().platform().architecture()).isEqualTo("arm64");

        convert("src:oci", "one:two", "--platform", "linux/arm64,linux/amd64").good();
        assertThat(platforms(index("one", "two"))).containsExactly("linux/amd64", "linux/arm64");

        convert("src:oci", "one:host").good();
        assertThat(image("one", "host", "").config().platform()).isEqualTo(Platform.host());
    }

    @Test
    void aPlatformThatIsNotThereIsAnErrorThatNamesThoseThatAre() throws Exception {
        convert("src:oci", "none:1", "--platform", "linux/riscv64")
                .failedWith("no image for the wanted platform", "linux/arm64", "linux/s390x");
        convert("src:oci", "none:1", "--platform", "linux/arm64", "--all-platforms")
                .failedWith("all-platforms");
    }

    @Test
    void mergedIndexOfAllPlatformsHasEveryImageInBothForms() throws Exception {
        convert("src:oci", "both:all", "--all-platforms", "--merge-platform").good();

        var index = index("both", "all");
        assertThat(platforms(index))
                .containsExactly(
                        "linux/amd64",
                        "linux/arm64",
                        "linux/s390x",
                        "linux/amd64",
                        "linux/arm64",
                        "linux/s390x");
        var artifacts =
                index.manifests().stream()
                        .map(each -> each.json().get("artifactType"))
                        .map(ConfigNode::text)
                        .toList();
        assertThat(artifacts.subList(0, 3)).allMatch(text -> !text.contains("nydus"));
        assertThat(artifacts.subList(3, 6)).containsOnly(MediaTypes.NYDUS_ARTIFACT);
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--multi-platform",
                        "--source",
                        at("src:oci"),
                        "--target",
                        at("both:all"))
                .good();
    }

    @Test
    void aReferrersSubjectIsTheImageItWasMadeOf() throws Exception {
        convert("src:oci", "refer:1", "--platform", "linux/arm64", "--with-referrer").good();
        convert("src:oci", "refer:none", "--platform", "linux/arm64").good();

        byte[] source = bytes("src", "oci-arm64");
        var subject = image("refer", "1", "").manifest().json().get("subject");
        assertThat(subject.get("mediaType").text()).isEqualTo(MediaTypes.OCI_MANIFEST);
        assertThat(subject.get("digest").text()).isEqualTo(Digest.sha256Of(source).toString());
        assertThat(subject.get("size").text()).isEqualTo(Integer.toString(source.length));
        assertThat(image("refer", "none", "").manifest().json().has("subject")).isFalse();
    }
}
