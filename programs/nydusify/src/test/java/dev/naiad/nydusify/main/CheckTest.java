package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.testkit.RealRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What {@code nydusify check} finds, and {@code copy} of whole indices. */
@Timeout(300)
class CheckTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();
    private static final List<Digest> PLAIN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start(@TempDir Path home) throws Exception {
        OPEN.add(RealRegistry.start());
        PLAIN.add(SampleImage.push(registry(), "app", "1", SampleImage.smallLayers(), false));
        PLAIN.add(
                SampleImage.push(
                        registry(),
                        "app",
                        "2",
                        List.of(
                                new SmallTar().directory("etc").file("etc/motd", "HELLO\n").bytes(),
                                new SmallTar().directory("etc").file("etc/else", "n").bytes()),
                        false));
        for (String tag : List.of("1", "2")) {
            NydusifyRun.of(
                            home,
                            "convert",
                            "--source",
                            at("app:" + tag),
                            "--target",
                            at("app:" + tag + "-nydus"))
                    .good();
        }
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
        PLAIN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static String at(String path) {
        return registry().authority() + "/" + path;
    }

    private NydusifyRun check(String source, String target, String... more) throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "check",
                                "--no-mount",
                                "--source",
                                at(source),
                                "--target",
                                at(target)));
        args.addAll(List.of(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new));
    }

    private static byte[] manifest(String tag) {
        try (var repository = SampleImage.open(registry(), "app")) {
            return repository.manifest(tag, Deadline.never()).bytes();
        }
    }

    /** An index of manifests that are there, each for a platform. */
    private static byte[] putIndex(String tag, String... tagsAndPlatforms) {
        var entries = new ArrayList<String>();
        for (int i = 0; i < tagsAndPlatforms.length; i += 2) {
            byte[] bytes = manifest(tagsAndPlatforms[i]);
            entries.add(
                    String.format(
                            "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,"
                                    + "\"platform\":{\"os\":\"linux\",\"architecture\":\"%s\"}}",
                            MediaTypes.OCI_MANIFEST,
                            Digest.sha256Of(bytes),
                            bytes.length,
                            tagsAndPlatforms[i + 1]));
        }
        byte[] index =
                ("{ \"schemaVersion\": 2,\n\"mediaType\":\""
                                + MediaTypes.OCI_INDEX
                                + "\", \"manifests\":["
                                + String.join(",", entries)
                                + "]}")
                        .getBytes(StandardCharsets.UTF_8);
        try (var repository = SampleImage.open(registry(), "app")) {
            repository.putManifest(tag, MediaTypes.OCI_INDEX, index, Deadline.never());
        }
        return index;
    }

    @Test
    void differencesAreToldByPath() throws Exception {
        NydusifyRun run = check("app:1", "app:2-nydus");
        run.failedWith(
                "validate filesystem failed: /etc/else is not in the source; and 2 more differences",
                "/etc/motd is REGULAR mode 100644",
                "/etc/new is missing");
    }

    @Test
    void theNydusImageOfAMixedIndexIsCheckedWhereverItStands() throws Exception {
        putIndex("good", "1", "amd64", "1-nydus", "amd64");
        check("app:1", "app:good", "--multi-platform").good();
        putIndex("bad-last", "1", "amd64", "2-nydus", "amd64");
        check("app:1", "app:bad-last").failedWith("validate filesystem failed");
        putIndex("bad-first", "2-nydus", "amd64", "1", "amd64");
        check("app:1", "app:bad-first").failedWith("validate filesystem failed");
    }

    @Test
    void thePlainImageOfAMixedIndexIsTheSources() throws Exception {
        putIndex("other", "2", "amd64", "1-nydus", "amd64");
        check("app:1", "app:other")
                .failedWith("validate manifest failed: the image beside the Nydus one");
        check("app:1", "app:1-nydus", "--multi-platform").failedWith("has no plain image beside");
        putIndex("no-nydus", "1", "amd64", "2", "amd64");
        check("app:1", "app:no-nydus").failedWith("has no Nydus image for linux/amd64");
    }

    @Test
    void everyPlatformIsCheckedIfAsked() throws Exception {
        putIndex("both-source", "1", "amd64", "2", "arm64");
        putIndex("both", "1", "amd64", "1-nydus", "amd64", "2", "arm64", "2-nydus", "arm64");
        check("app:both-source", "app:both", "--multi-platform").good();
        putIndex("crossed", "1", "amd64", "1-nydus", "amd64", "2", "arm64", "1-nydus", "arm64");
        check("app:both-source", "app:crossed", "--platform=linux/amd64").good();
        check("app:both-source", "app:crossed", "--multi-platform").failedWith("filesystem");
    }

    @Test
    void aNydusSourceThatIsCutOtherwiseIsComparedByContent() throws Exception {
        NydusifyRun.of(
                        dir,
                        "convert",
                        "--source",
                        at("app:1"),
                        "--target",
                        at("app:1-cut"),
                        "--chunk-size",
                        "0x1000")
                .good();
        check("app:1-nydus", "app:1-cut").good();
        check("app:2-nydus", "app:1-cut").failedWith("/etc/motd is");
    }

    @Test
    void theWorkingDirectoryGetsWhatWasCheckedAndLosesNothing() throws Exception {
        Path work = java.nio.file.Files.createDirectories(dir.resolve("work"));
        java.nio.file.Files.writeString(work.resolve("mine"), "mine");
        check("app:1", "app:1-nydus").good();
        assertThat(work.resolve("mine")).hasContent("mine");
        assertThat(work.resolve("source/oci_manifest.json")).hasBinaryContent(manifest("1"));
        assertThat(work.resolve("target/nydus_manifest.json"))
                .hasBinaryContent(manifest("1-nydus"));
    }

    @Test
    void aWholeIndexIsCopiedAsItIsAndPartOfOneIsFlattened() throws Exception {
        byte[] index = putIndex("all", "1", "amd64", "2", "arm64");
        NydusifyRun.of(
                        dir,
                        "copy",
                        "--source",
                        at("app:all"),
                        "--target",
                        at("copied:all"),
                        "--all-platforms",
                        "--push-chunk-size",
                        "1MiB")
                .good();
        NydusifyRun.of(
                        dir,
                        "copy",
                        "--source",
                        at("app:all"),
                        "--target",
                        at("copied:arm"),
                        "--platform",
                        "linux/arm64")
                .good();
        try (var repository = SampleImage.open(registry(), "copied")) {
            assertThat(repository.manifest("all", Deadline.never()).bytes()).isEqualTo(index);
            assertThat(repository.manifest("arm", Deadline.never()).bytes())
                    .isEqualTo(manifest("2"));
        }
    }
}
