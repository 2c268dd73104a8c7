package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.RegistrySource;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.s3.RealS3;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Images whose blobs are in a storage backend. */
@Timeout(300)
class BackendTest {
    private static final List<RealRegistry> REGISTRIES = new ArrayList<>();
    private static final List<RealS3> STORES = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        REGISTRIES.add(RealRegistry.start());
        STORES.add(RealS3.start());
        SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
    }

    @AfterAll
    static void stop() {
        REGISTRIES.forEach(RealRegistry::close);
        REGISTRIES.clear();
        STORES.forEach(RealS3::close);
        STORES.clear();
    }

    @BeforeEach
    void empty() {
        s3().clear();
    }

    private static RealRegistry registry() {
        return REGISTRIES.getFirst();
    }

    private static RealS3 s3() {
        return STORES.getFirst();
    }

    private static String at(String path) {
        return registry().authority() + "/" + path;
    }

    private static PlatformImage image(String path, String tag) {
        try (var source = new RegistrySource(SampleImage.open(registry(), path))) {
            return SourceImage.resolve(source, tag, p -> true, Deadline.never())
                    .images()
                    .getFirst();
        }
    }

    private NydusifyRun convert(String target, String type, String config, String... more)
            throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "convert",
                                "--source",
                                at("src/app:1"),
                                "--target",
                                at(target),
                                "--backend-type",
                                type,
                                "--backend-config",
                                config));
        args.addAll(List.of(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new));
    }

    @Test
    void blobsGoToS3AndTheImageIsItsBootstrapAlone() throws Exception {
        String config = s3().config("nydus/");
        convert("s3/app:1", "s3", config).good();
        PlatformImage image = image("s3/app", "1");
        assertThat(image.manifest().layers()).hasSize(1);
        assertThat(image.isNydus()).isTrue();
        assertThat(image.config().diffIds()).hasSize(1);
        assertThat(image.config().json().get("history").items()).hasSize(1);
        assertThat(image.config().json().get("config").get("Cmd").items()).hasSize(1);
        assertThat(s3().objects()).hasSize(4);
        assertThat(s3().objects().keySet()).allMatch(key -> key.matches("nydus/[0-9a-f]{64}"));
        assertThat(dir.resolve("work")).doesNotExist();

        NydusifyRun check =
                NydusifyRun.of(
                                dir,
                                "check",
                                "--no-mount",
                                "--source",
                                at("src/app:1"),
                                "--target",
                                at("s3/app:1"),
                                "--target-backend-type",
                                "s3",
                                "--target-backend-config",
                                config)
                        .good();
        assertThat(check.err()).contains("verified 11 chunks of", "entries against");
    }

    @Test
    void blobsThatAreThereAreSentByForceOnly() throws Exception {
        Path blobs = dir.resolve("blobs");
        String config = "{\"dir\":\"" + blobs + "\"}";
        convert("local/app:1", "localfs", config).good();
        List<Path> files;
        try (var list = Files.list(blobs)) {
            files = list.sorted().toList();
        }
        assertThat(files).hasSize(4);
        var before = Files.getLastModifiedTime(files.getFirst());
        var key = Files.readAttributes(files.getFirst(), "unix:ino").get("ino");
        NydusifyRun again = convert("local/app:2", "localfs", config).good();
        assertThat(again.err()).contains("is in the backend already");
        assertThat(Files.getLastModifiedTime(files.getFirst())).isEqualTo(before);
        convert("local/app:3", "localfs", config, "--backend-force-push").good();
        assertThat(Files.readAttributes(files.getFirst(), "unix:ino").get("ino")).isNotEqualTo(key);
    }

    @Test
    void aBlobThatIsMissingOrWrongInTheBackendIsFound() throws Exception {
        Path blobs = dir.resolve("blobs");
        String config = "{\"dir\":\"" + blobs + "\"}";
        convert("local/bad:1", "localfs", config).good();
        Path largest;
        try (var list = Files.list(blobs)) {
            largest =
                    list.max(java.util.Comparator.comparingLong(p -> p.toFile().length()))
                            .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(largest);
        bytes[5_000_000] ^= 1;
        Files.write(largest, bytes);
        String[] check = {
            "check",
            "--target",
            at("local/bad:1"),
            "--target-backend-type",
            "localfs",
            "--target-backend-config",
            config
        };
        NydusifyRun.of(dir, check)
                .failedWith("validate blob failed", String.valueOf(largest.getFileName()));
        Files.delete(largest);
        NydusifyRun.of(dir, check)
                .failedWith("validate blob failed", String.valueOf(largest.getFileName()));
    }

    @Test
    void aFailedPushLeavesNoTagAndNoFiles() throws Exception {
        convert("s3/wrong:1", "s3", RealS3.config(s3().endpoint(), "wrong", ""))
                .failedWith("403 Forbidden");
        assertThat(dir.resolve("work")).doesNotExist();
        NydusifyRun.of(dir, "check", "--target", at("s3/wrong:1")).failedWith("404");
    }

    @Test
    void whatIsWrongWithTheFlagsIsNamed() throws Exception {
        convert("s3/app:2", "ftp", "{}").failedWith("ftp");
        convert("s3/app:2", "s3", "{}").failedWith("region", "bucket_name");
        convert("s3/app:2", "s3", "").failedWith("--backend-type needs --backend-config");
    }
}
