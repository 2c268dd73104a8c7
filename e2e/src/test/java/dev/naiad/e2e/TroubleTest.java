package dev.naiad.e2e;

import static dev.naiad.e2e.ConvertedImage.NYDUS;
import static dev.naiad.e2e.ConvertedImage.OCI;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Lab;
import dev.naiad.e2e.lab.LabProcess;
import dev.naiad.e2e.lab.NodeOptions;
import dev.naiad.e2e.lab.Registry;
import dev.naiad.testkit.Await;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What breaks: a clear error or EIO, never wrong bytes, never a hang; and the next good request
 * works. Each test has a node of its own.
 */
@Tag("e2e")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TroubleTest {
    private static final String DIGEST_OF_RANDOM = "sha256sum /odd/random.bin | cut -d' ' -f1";

    @RegisterExtension final Tails tails = new Tails();

    private Lab lab;
    private Registry registry;
    private Registry password;
    private String image;
    private String randomDigest;

    @BeforeAll
    void open() {
        lab = tails.watch(Lab.open(Dist.find(), Lab.Options.FAST));
        registry = ConvertedImage.serve(lab, Registry.Options.PLAIN);
        password = lab.startRegistry(Registry.Options.PASSWORD, lab.path().resolve("reg-data"));
        image = registry.host() + "/" + NYDUS;
        var oci = registry.host() + "/" + OCI;
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        node.pull(oci, "overlayfs");
        randomDigest = node.run(oci, "overlayfs", "/bin/sh", "-c", DIGEST_OF_RANDOM).orThrow();
    }

    @AfterAll
    void close() {
        if (lab != null) {
            lab.close();
        }
    }

    @Test
    void withoutASchedulerThePeerServesFromTheOrigin() {
        var node = lab.addNode(NodeOptions.guide(registry.url())).start();
        node.pull(image, "nydus");
        assertThat(node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM).orThrow())
                .isEqualTo(randomDigest);
        assertThat(node.peer().downloaded("BACK_TO_SOURCE")).isPositive();
    }

    @Test
    void aPeerKilledInMidReadCostsNoReadAndItsSuccessorIsUsedAgain() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url())).start();
        node.pull(image, "nydus");
        assertThat(node.run(image, "nydus", "/bin/cat", "/odd/short").orThrow()).isNotEmpty();
        var reading =
                new ProcessBuilder(
                                node.containers()
                                        .runWords(
                                                image,
                                                "nydus",
                                                List.of(
                                                        "/bin/sh",
                                                        "-c",
                                                        "cat /odd/page /odd/empty >/dev/null; echo go; "
                                                                + DIGEST_OF_RANDOM
                                                                + "; cat /usr/lib/python3*/*.py | wc -c")))
                        .redirectErrorStream(true)
                        .start();
        reading.getOutputStream().close();
        try (var out = reading.inputReader()) {
            assertThat(out.readLine()).isEqualTo("go");
            node.peer().kill();
            assertThat(out.readLine()).isEqualTo(randomDigest.strip());
            assertThat(Long.parseLong(out.readLine())).isGreaterThan(1_000_000);
            assertThat(reading.waitFor()).isZero();
        } finally {
            reading.destroyForcibly();
        }
        node.peer().start();
        node.restartNydus(true);
        assertThat(node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM).orThrow())
                .isEqualTo(randomDigest);
    }

    @Test
    void aFlippedBitInABlobIsAnErrorOnlyWhereItIsAndNeverWrongBytes() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        node.pull(image, "nydus");
        var blob = largestBlobFile(lab.path().resolve("reg-data"));
        long middle = Files.size(blob) / 2;
        flip(blob, middle);
        try {
            var read = node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM);
            // The flipped byte may belong to another file of the same layer: then this one is
            // whole.
            var everything =
                    node.run(
                            image,
                            "nydus",
                            "/bin/sh",
                            "-c",
                            "find /odd -type f -exec cat {} + 2>&1 >/dev/null");
            assertThat(
                            read.out().isEmpty()
                                    || read.out().equals(randomDigest)
                                    || read.code() != 0
                                    || read.text().contains("Input/output error"))
                    .as(read.text())
                    .isTrue();
            assertThat(everything.text()).contains("Input/output error");
            assertThat(node.run(image, "nydus", "/usr/bin/python3", "/app/hello.py").orThrow())
                    .contains("hello");
        } finally {
            flip(blob, middle);
        }
        Await.until(
                "the repaired blob is read",
                () ->
                        node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM)
                                .out()
                                .equals(randomDigest),
                lab::tails);
    }

    private Path largestBlobFile(Path storage) throws Exception {
        var manifest =
                Command.of(
                                "curl",
                                "-sSf",
                                "-H",
                                "Accept: application/vnd.oci.image.manifest.v1+json",
                                "http://"
                                        + registry.localHost()
                                        + "/v2/naiad/python/manifests/nydus")
                        .in(registry.namespace())
                        .must();
        // The layer with our own files is the last data blob.
        var layers = JsonReader.parse("manifest", manifest).get("layers").items();
        var digest = layers.get(layers.size() - 2).get("digest").text().replace("sha256:", "");
        return storage.resolve(
                "docker/registry/v2/blobs/sha256/"
                        + digest.substring(0, 2)
                        + "/"
                        + digest
                        + "/data");
    }

    private static void flip(Path file, long offset) throws Exception {
        try (var open = new RandomAccessFile(file.toFile(), "rw")) {
            open.seek(offset);
            int value = open.read();
            open.seek(offset);
            open.write(value ^ 0x40);
        }
    }

    @Test
    void aFullCacheDirectoryCostsSpeedOrAnErrorButNoWrongByte() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url()).withoutPeer()).start();
        Files.createDirectories(node.cache());
        Command.of("mount", "-t", "tmpfs", "-o", "size=6m", "small", node.cache().toString())
                .must();
        node.pull(image, "nydus");
        var read = node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM);
        assertThat(
                        read.out().equals(randomDigest)
                                || read.text().contains("error")
                                || read.text().contains("No space"))
                .as(read.text())
                .isTrue();
        Command.of("mount", "-o", "remount,size=512m", node.cache().toString()).must();
        Await.until(
                "the file is read once there is space again",
                () ->
                        node.run(image, "nydus", "/bin/sh", "-c", DIGEST_OF_RANDOM)
                                .out()
                                .equals(randomDigest),
                lab::tails);
    }

    @Test
    void convertNamesWhatTheRegistryRefused() {
        var good = registry.localHost() + "/" + OCI;
        assertRefused(
                nydusify(registry.localHost() + "/naiad/none:tag", good + "-x"),
                "naiad/none",
                "404");
        assertRefused(
                nydusify(password.localHost() + "/" + OCI, good + "-x"),
                password.localHost(),
                "401");
        assertRefused(
                nydusify("127.0.0.1:9/naiad/none:tag", good + "-x"), "127.0.0.1:9", "refused");
        assertRefused(
                nydusify(good, password.localHost() + "/naiad/copy:nydus"),
                password.localHost(),
                "401");
    }

    private Command.Result nydusify(String source, String target) {
        return Command.of(
                        lab.dist().program("nydusify"),
                        "convert",
                        "--nydus-image",
                        lab.dist().program("nydus-image"),
                        "--work-dir",
                        lab.path().resolve("convert-trouble").toString(),
                        "--plain-http",
                        "--source",
                        source,
                        "--target",
                        target)
                .in(registry.namespace())
                .atMost(Duration.ofMinutes(2))
                .run();
    }

    private static void assertRefused(Command.Result result, String thing, String why) {
        assertThat(result.code()).as(result.text()).isNotZero().isNotEqualTo(124);
        assertThat(result.text()).containsIgnoringCase(thing);
        assertThat(result.text().toLowerCase(java.util.Locale.ROOT))
                .satisfiesAnyOf(
                        text -> assertThat(text).contains(why),
                        text -> assertThat(text).contains(words(why)));
    }

    private static String words(String why) {
        return switch (why) {
            case "404" -> "not found";
            case "401" -> "unauthorized";
            default -> why;
        };
    }

    @Test
    void aPortInUseIsNamedAndEndsTheProgram() throws Exception {
        var node = lab.addNode(NodeOptions.guide(registry.url())).start();
        var second = lab.path().resolve("second-" + node.name());
        Files.createDirectories(second);
        var text =
                Files.readString(lab.path().resolve(node.directoryName() + "/df/dfdaemon.yaml"))
                        .replace("/df/dfdaemon.sock", "/df/second.sock")
                        .replace("/df/data", "/df/data2");
        Files.writeString(second.resolve("dfdaemon.yaml"), text);
        var result =
                Command.of(
                                lab.dist().program("dfdaemon"),
                                "--config",
                                second.resolve("dfdaemon.yaml").toString(),
                                "--dynconfig",
                                second.resolve("none.yaml").toString(),
                                "--log-dir",
                                second.resolve("log").toString())
                        .in(node.namespace())
                        .atMost(Duration.ofMinutes(2))
                        .run();
        assertThat(result.code()).as(result.text()).isNotZero().isNotEqualTo(124);
        assertThat(result.text()).containsPattern("400[0-5]").contains("in use");
        assertThat(node.peer().http("http://127.0.0.1:4003/healthy")).isEmpty();
    }

    @Test
    void aBootstrapThatIsNoneEndsNydusdWithItsName() throws Exception {
        var file = lab.path().resolve("not-a-bootstrap");
        Files.writeString(file, "this is not a bootstrap\n".repeat(1000));
        var config = lab.path().resolve("nydusd.json");
        Files.writeString(
                config,
                "{\"device\":{\"backend\":{\"type\":\"registry\",\"config\":{\"host\":\""
                        + registry.localHost()
                        + "\",\"repo\":\"naiad/python\",\"scheme\":\"http\"}},\"cache\":{\"type\":\"blobcache\",\"config\":{\"work_dir\":\""
                        + lab.path().resolve("nc")
                        + "\"}}},\"mode\":\"direct\"}");
        var mountPoint = Files.createDirectories(lab.path().resolve("nm"));
        var daemon =
                new LabProcess(
                                "nydusd",
                                registry.namespace(),
                                lab.path().resolve("nydusd-trouble.log"),
                                Map.of(),
                                List.of(
                                        lab.dist().program("nydusd"),
                                        "fuse",
                                        "--config",
                                        config.toString(),
                                        "--bootstrap",
                                        file.toString(),
                                        "--mountpoint",
                                        mountPoint.toString(),
                                        "--apisock",
                                        lab.path().resolve("na.sock").toString()))
                        .start();
        assertThat(daemon.awaitExit(Await.PATIENCE)).isNotZero();
        assertThat(daemon.output()).contains(file.toString());
    }
}
