package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.oci.image.MediaTypes;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.testkit.RealRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Nydus images whose bootstrap layer has the right digests and holds nonsense: every command says
 * so by name, writes no tag and shows no trace of its insides.
 */
@Timeout(300)
class CorruptImageTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        var _ = SampleImage.push(registry(), "src", "1", SampleImage.smallLayers(), false);
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

    private static byte[] noise(int size) {
        byte[] bytes = new byte[size];
        new Random(5).nextBytes(bytes);
        return bytes;
    }

    /** The layer, and the tar that its configuration says is in it. */
    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Layer(byte[] stored, byte[] plain) {
        static Layer of(byte[] tar) {
            return new Layer(SmallTar.gzip(tar), tar);
        }
    }

    private static Layer layer(String damage) {
        byte[] noise = noise(20_000);
        byte[] tar = new SmallTar().directory("image").file("image/image.boot", noise).bytes();
        return switch (damage) {
            case "no gzip" -> new Layer(noise, noise);
            case "gzip of nothing" -> Layer.of(new byte[0]);
            case "no bootstrap" -> Layer.of(new SmallTar().file("image/other", "x").bytes());
            case "bootstrap cut off" -> Layer.of(Arrays.copyOf(tar, 10_000));
            case "noise" -> Layer.of(tar);
            case "empty bootstrap" ->
                    Layer.of(new SmallTar().file("image/image.boot", new byte[0]).bytes());
            case "size that is not a number" -> {
                byte[] wrong = new SmallTar().file("image/image.boot", noise).bytes();
                Arrays.fill(wrong, 124, 135, (byte) '9');
                yield Layer.of(wrong);
            }
            case "size below zero" -> {
                byte[] wrong = new SmallTar().file("image/image.boot", noise).bytes();
                System.arraycopy(
                        "-0000000100".getBytes(StandardCharsets.US_ASCII), 0, wrong, 124, 11);
                yield Layer.of(wrong);
            }
            case "gzip cut off" -> {
                byte[] gzip = SmallTar.gzip(tar);
                yield new Layer(Arrays.copyOf(gzip, gzip.length / 2), tar);
            }
            default -> throw new IllegalArgumentException(damage);
        };
    }

    private static void push(String tag, Layer layer) {
        String config =
                "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
                        + Digest.sha256Of(layer.plain)
                        + "\"]}}";
        byte[] configBytes = config.getBytes(StandardCharsets.UTF_8);
        String manifest =
                "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d},\"layers\":[{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d,\"annotations\":{\"%s\":\"true\",\"%s\":\"6\"}}]}"
                        .formatted(
                                MediaTypes.OCI_MANIFEST,
                                MediaTypes.OCI_CONFIG,
                                Digest.sha256Of(configBytes),
                                configBytes.length,
                                MediaTypes.OCI_LAYER_GZIP,
                                Digest.sha256Of(layer.stored),
                                layer.stored.length,
                                NydusAnnotations.BOOTSTRAP,
                                NydusAnnotations.FS_VERSION);
        try (var repository = SampleImage.open(registry(), "bad")) {
            Deadline never = Deadline.never();
            repository.putBlob(Digest.sha256Of(layer.stored), layer.stored, never);
            repository.putBlob(Digest.sha256Of(configBytes), configBytes, never);
            repository.putManifest(
                    tag, MediaTypes.OCI_MANIFEST, manifest.getBytes(StandardCharsets.UTF_8), never);
        }
    }

    private static boolean exists(String path, String tag) {
        try (var repository = SampleImage.open(registry(), path)) {
            var _ = repository.manifest(tag, Deadline.never());
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "no gzip, is no|tar header|holds no",
        "gzip of nothing, holds no image/image.boot",
        "no bootstrap, holds no image/image.boot",
        "bootstrap cut off, ends early",
        "noise, magic|bootstrap",
        "empty bootstrap, bootstrap",
        "size that is not a number, has no size",
        "size below zero, tar entry of -",
        "gzip cut off, too early"
    })
    void everyCommandNamesWhatIsWrongAndWritesNoTag(String damage, String said) throws Exception {
        String tag = damage.replace(' ', '-');
        push(tag, layer(damage));
        String bad = at("bad:" + tag);
        String out = at("out:" + tag);
        Path list =
                Files.writeString(
                        dir.resolve("files.json"),
                        "{\"version\":\"v1\",\"files\":[{\"path\":\"/etc/motd\",\"ranges\":null}]}");
        String[][] commands = {
            {"check", "--no-mount", "--target", bad},
            {"check", "--no-mount", "--source", bad, "--target", bad},
            {"convert", "--reverse", "--source", bad, "--target", out},
            {
                "convert",
                "--chunk-dict",
                "bootstrap:registry:" + bad,
                "--source",
                at("src:1"),
                "--target",
                out
            },
            {"optimize", "--source", bad, "--target", out, "--prefetch-files", list.toString()},
            {"chunkdict", "generate", "--sources", bad, "--target", out},
            {
                "mount",
                "--nydusd=/bin/false",
                "--target",
                bad,
                "--mount-path",
                dir.resolve("mnt").toString()
            },
        };
        for (String[] command : commands) {
            NydusifyRun run = NydusifyRun.of(dir, command);
            assertThat(run.code()).as(String.join(" ", command) + "\n" + run.err()).isEqualTo(1);
            assertThat(run.err())
                    .as(String.join(" ", command))
                    .containsPattern("level=error.*(" + said + ")")
                    .doesNotContain("Exception", "\tat ", "null");
            assertThat(exists("out", tag)).isFalse();
        }
    }
}
