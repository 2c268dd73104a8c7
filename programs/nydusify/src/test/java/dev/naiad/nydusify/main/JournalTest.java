package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.imagetestkit.SmallTar;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.RealRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a conversion that did not end well leaves in its working directory, and which conversion may
 * go on with it.
 */
@Timeout(300)
class JournalTest {
    private static final String GOES_ON = "since an interrupted run";
    private static final String CONVERTED = "msg=\"converted layer\"";

    private final AtomicBoolean refusing = new AtomicBoolean();

    @TempDir Path dir = Path.of("/");

    private final RealRegistry registry = RealRegistry.start();
    private final HttpClient client = new HttpClient("relay", HttpClientConfig.defaults());

    /** The registry, which takes no manifest while we do not want it to. */
    private final HttpServer relay =
            new HttpServer(
                    "relay",
                    Endpoint.tcp("127.0.0.1", 0),
                    HttpServerConfig.defaults().withMaxBodyBytes(64 << 20),
                    exchange -> {
                        if (refusing.get()
                                && exchange.method().equals("PUT")
                                && exchange.target().contains("/manifests/")) {
                            exchange.reply(400);
                        } else {
                            RegistryRelay.relay(client, registry, exchange);
                        }
                    });

    @BeforeEach
    void start() {
        relay.start();
        var _ = SampleImage.push(registry, "src/app", "1", layers("first"), false);
        var _ = SampleImage.push(registry, "src/app", "2", layers("second"), false);
    }

    @AfterEach
    void stop() {
        try (registry;
                client) {
            relay.close();
        }
    }

    /** The lower layer is the same in all of them. */
    private static List<byte[]> layers(String upper) {
        return List.of(
                new SmallTar().directory("etc").file("etc/motd", "hello\n".repeat(5000)).bytes(),
                new SmallTar().file("etc/upper", upper.repeat(1000)).bytes());
    }

    private NydusifyRun convert(String tag, String target, String... more) throws Exception {
        var args =
                new ArrayList<>(
                        List.of(
                                "convert",
                                "--source",
                                registry.authority() + "/src/app:" + tag,
                                "--target",
                                "127.0.0.1:" + relay.port() + "/" + target));
        args.addAll(Arrays.asList(more));
        return NydusifyRun.of(dir, args.toArray(String[]::new));
    }

    /** Converts until everything but the manifest is stored. */
    private void interrupted(String... more) throws Exception {
        refusing.set(true);
        convert("1", "out:1", more).failedWith("400");
        refusing.set(false);
        assertThat(exists("out", "1")).isFalse();
    }

    private boolean exists(String path, String tag) {
        try (var repository = SampleImage.open(registry, path)) {
            var _ = repository.manifest(tag, Deadline.never());
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    private void assertEqual(String source, String target) throws Exception {
        NydusifyRun.of(
                        dir,
                        "check",
                        "--no-mount",
                        "--source",
                        registry.authority() + "/" + source,
                        "--target",
                        registry.authority() + "/" + target)
                .good();
    }

    private Path journal() throws IOException {
        try (var all = Files.list(dir.resolve("work"))) {
            return all.filter(path -> path.toString().endsWith(".journal"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    @Test
    void theSameConversionGoesOnAndLeavesNothingBehind() throws Exception {
        interrupted();
        assertThat(journal()).isRegularFile();

        NydusifyRun run = convert("1", "out:1").good();

        assertThat(run.err()).contains(GOES_ON).doesNotContain(CONVERTED);
        assertThat(dir.resolve("work")).doesNotExist();
        assertEqual("src/app:1", "out:1");
        assertThat(convert("1", "out:again").good().err()).contains(CONVERTED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--chunk-size=0x10000",
                "--compressor=lz4_block",
                "--fs-version=5",
                "--batch-size=0x20000",
                "--prefetch-dir=/etc",
                "--no-verify",
                "--merge-platform"
            })
    void otherOptionsAreAnotherConversion(String flag) throws Exception {
        interrupted(flag);

        NydusifyRun other = convert("1", "out:other").good();

        // What does not change the layers may differ.
        boolean sameLayers = flag.equals("--merge-platform");
        assertThat(other.err().contains(GOES_ON)).as(other.err()).isEqualTo(sameLayers);
        assertThat(other.err().contains(CONVERTED)).as(other.err()).isEqualTo(!sameLayers);
        assertEqual("src/app:1", "out:other");
    }

    @Test
    void whatLiesInAnotherRepositoryIsConvertedForThisOne() throws Exception {
        interrupted();

        NydusifyRun other = convert("1", "elsewhere:1").good();

        assertThat(other.err()).contains(CONVERTED).doesNotContain(GOES_ON);
        assertEqual("src/app:1", "elsewhere:1");
    }

    @Test
    void ofAnotherSourceOnlyTheLayersThatAreTheSameAreTaken() throws Exception {
        interrupted();

        NydusifyRun other = convert("2", "out:2").good();

        assertThat(count(other.err(), GOES_ON)).isEqualTo(1);
        assertThat(count(other.err(), CONVERTED)).isEqualTo(1);
        assertEqual("src/app:2", "out:2");
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    @Test
    void aBlobThatHasGoneFromTheRegistryIsConvertedAgain() throws Exception {
        interrupted();
        String[] words = Files.readAllLines(journal()).getLast().split(" ", -1);
        remove(Digest.parse(words[1]));

        NydusifyRun run = convert("1", "out:1").good();

        assertThat(count(run.err(), CONVERTED)).isEqualTo(1);
        assertThat(count(run.err(), GOES_ON)).isEqualTo(1);
        assertEqual("src/app:1", "out:1");
    }

    /** As docker-registry's garbage collection would. */
    private void remove(Digest blob) throws IOException {
        Path layers =
                registry.storage()
                        .resolve("docker/registry/v2/repositories/out/_layers/sha256")
                        .resolve(blob.hex())
                        .resolve("link");
        Files.delete(layers);
    }

    /** A blob of the target's repository that is not a layer. */
    private String configuration() throws IOException {
        Path repository =
                registry.storage().resolve("docker/registry/v2/repositories/out/_layers/sha256");
        try (var all = Files.list(repository)) {
            for (Path each : all.toList()) {
                String hex = String.valueOf(each.getFileName());
                Path data =
                        registry.storage()
                                .resolve("docker/registry/v2/blobs/sha256")
                                .resolve(hex.substring(0, 2))
                                .resolve(hex)
                                .resolve("data");
                if (Files.readAllBytes(data)[0] == '{') {
                    return "sha256:" + hex;
                }
            }
        }
        throw new AssertionError("no configuration in " + repository);
    }

    /** What can be wrong with a journal. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "cut off",
                "binary",
                "no number",
                "no digest",
                "no blob",
                "no Nydus layer",
                "empty"
            })
    void aDamagedJournalCostsTimeOnly(String damage) throws Exception {
        interrupted();
        Path file = journal();
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        String last = lines.getLast();
        String[] words = last.split(" ", -1);
        String bad =
                switch (damage) {
                    case "cut off" -> last.substring(0, last.length() - 2);
                    case "no number" -> last.replace(" " + words[2] + " ", " 12x ");
                    case "no digest" -> last.replace("sha256:", "sha256:zz");
                    case "no blob" ->
                            last.replace(words[1], Digest.sha256Of(new byte[7]).toString());
                    case "no Nydus layer" -> last.replace(words[1], configuration());
                    default -> "";
                };
        byte[] spoilt =
                switch (damage) {
                    case "binary" -> new byte[] {(byte) 0xff, (byte) 0xfe, 0, '\n', (byte) 0x80};
                    case "empty" -> new byte[0];
                    default -> {
                        lines.removeLast();
                        lines.add(bad);
                        yield String.join("\n", lines).getBytes(StandardCharsets.UTF_8);
                    }
                };
        Files.write(file, spoilt);

        NydusifyRun run = convert("1", "out:1").good();

        assertThat(run.err()).contains(CONVERTED);
        assertThat(file).doesNotExist();
        assertEqual("src/app:1", "out:1");
    }
}
