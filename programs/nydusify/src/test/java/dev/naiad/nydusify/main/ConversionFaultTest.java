package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.testkit.BadLink;
import dev.naiad.testkit.BadLink.Fate;
import dev.naiad.testkit.RealRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad links and bad servers: the image is complete, or there is no tag at all. */
@Timeout(300)
class ConversionFaultTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();
    private static Digest right = Digest.sha256Of(new byte[0]);

    @TempDir static Path home = Path.of("/");

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() throws Exception {
        OPEN.add(RealRegistry.start());
        var _ = SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
        NydusifyRun.of(
                        home,
                        "convert",
                        "--source",
                        registry().authority() + "/src/app:1",
                        "--target",
                        registry().authority() + "/clean/app:1")
                .good();
        right = tag("clean/app", "1");
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private static int port() {
        String at = registry().authority();
        return Integer.parseInt(at.substring(at.lastIndexOf(':') + 1));
    }

    /** What a tag names; of nothing if there is none. */
    private static Digest tag(String path, String tag) {
        try (var repository = SampleImage.open(registry(), path)) {
            return repository.manifest(tag, Deadline.never()).digest();
        } catch (NaiadException e) {
            return Digest.sha256Of(new byte[0]);
        }
    }

    private static boolean exists(String path, String tag) {
        return !tag(path, tag).equals(Digest.sha256Of(new byte[0]));
    }

    private NydusifyRun convert(String from, String to) throws Exception {
        // The reference of the source is noted in the image: it must not differ.
        return NydusifyRun.of(
                dir,
                "convert",
                "--push-retry-delay",
                "1ms",
                "--push-retry-count",
                "5",
                "--source",
                from,
                "--target",
                to);
    }

    private static void completeOrNothing(NydusifyRun run, String path) {
        if (run.code() == 0) {
            assertThat(tag(path, "1")).isEqualTo(right);
        } else {
            assertThat(exists(path, "1")).as(run.err()).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3})
    void connectionsToTheTargetThatAreCutAnywhere(long seed) throws Exception {
        var random = new Random(seed);
        // docker-registry gives an upload up whose piece broke off: each cut may cost an attempt.
        var cuts = new AtomicInteger(4);
        try (var relay =
                new BadLink(
                        port(),
                        () ->
                                cuts.getAndDecrement() > 0
                                        ? new Fate.Cut(random.nextInt(4 << 20))
                                        : new Fate.Fine(),
                        0)) {
            var run =
                    convert(
                            registry().authority() + "/src/app:1",
                            relay.authority() + "/cut/app" + seed + ":1");
            completeOrNothing(run, "cut/app" + seed);
            assertThat(run.code()).as(run.err()).isZero();
        }
    }

    @Test
    void connectionsThatAreAlwaysCutLeaveNoTag() throws Exception {
        try (var relay = new BadLink(port(), () -> new Fate.Cut(1 << 20), 0)) {
            var run =
                    convert(
                            registry().authority() + "/src/app:1",
                            relay.authority() + "/always/app:1");
            completeOrNothing(run, "always/app");
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void connectionsToTheSourceThatAreCutAnywhere(long seed) throws Exception {
        var random = new Random(seed);
        var cuts = new AtomicInteger(6);
        try (var relay =
                new BadLink(
                        port(),
                        () ->
                                cuts.getAndDecrement() > 0
                                        ? new Fate.Cut(random.nextInt(2 << 20))
                                        : new Fate.Fine(),
                        0)) {
            var run =
                    convert(
                            relay.authority() + "/src/app:1",
                            registry().authority() + "/pulled/app" + seed + ":1");
            assertThat(run.code()).as(run.err()).isZero();
            NydusifyRun.of(
                            dir,
                            "check",
                            "--source",
                            registry().authority() + "/src/app:1",
                            "--target",
                            registry().authority() + "/pulled/app" + seed + ":1")
                    .good();
        }
    }

    @Test
    void slowLinkGivesTheSameImage() throws Exception {
        try (var relay = new BadLink(port(), Fate.Fine::new, 1_000_000)) {
            var run =
                    convert(
                            registry().authority() + "/src/app:1",
                            relay.authority() + "/slow/app:1");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(tag("slow/app", "1")).isEqualTo(right);
        }
    }

    /** A run that waits no longer than that for a registry that says nothing. */
    private NydusifyRun impatient(String from, String to) throws Exception {
        return NydusifyRun.of(
                Map.of("DOCKER_CONFIG", dir.toString(), "NAIAD_REGISTRY_TIMEOUT", "1s"),
                List.of(
                        "convert",
                        "--plain-http",
                        "--push-retry-delay=1ms",
                        "--push-retry-count=3",
                        "--work-dir=" + dir.resolve("work"),
                        "--source",
                        from,
                        "--target",
                        to));
    }

    /** Neither an end nor an error comes from such a link: only a limit to waiting helps. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void connectionsThatStandStillAreGivenUpAndTheImageIsComplete(boolean push) throws Exception {
        var dead = new AtomicInteger(2);
        String path = "still/" + (push ? "push" : "pull");
        try (var link =
                new BadLink(
                        port(),
                        () ->
                                dead.getAndDecrement() > 0
                                        ? new Fate.Dead(300_000L * (dead.get() + 1))
                                        : new Fate.Fine(),
                        0)) {
            String bad = link.authority();
            String good = registry().authority();
            impatient((push ? good : bad) + "/src/app:1", (push ? bad : good) + "/" + path + ":1")
                    .good();
            assertThat(dead.get()).as("connections that stood still").isNegative();
            NydusifyRun.of(
                            dir,
                            "check",
                            "--no-mount",
                            "--source",
                            good + "/src/app:1",
                            "--target",
                            good + "/" + path + ":1")
                    .good();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLinkThatStandsStillForEverIsAnErrorThatNamesIt(boolean push) throws Exception {
        // Of a source each connection would bring a little more.
        try (var link = new BadLink(port(), () -> new Fate.Dead(push ? 500_000 : 0), 0)) {
            String bad = link.authority();
            String good = registry().authority();
            NydusifyRun run =
                    impatient(
                            (push ? good : bad) + "/src/app:1",
                            (push ? bad : good) + "/stopped/app:1");
            run.failedWith(bad, "timed out");
            assertThat(exists("stopped/app", "1")).isFalse();
        }
    }

    @Test
    void howLongIsWaitedForARegistryMustBeATime() throws Exception {
        for (String wrong : List.of("soon", "0s", "-1s")) {
            NydusifyRun.of(
                            Map.of("NAIAD_REGISTRY_TIMEOUT", wrong),
                            List.of("copy", "--source=a.invalid/b", "--target=a.invalid/c"))
                    .failedWith("NAIAD_REGISTRY_TIMEOUT", wrong);
        }
    }

    /** What registries and what stands before them answer when they are too busy. */
    @ParameterizedTest
    @ValueSource(ints = {429, 500, 502, 503})
    void aBusyServersAnswersAreOvercomeOnBothSides(int status) throws Exception {
        var random = new Random(status);
        Supplier<Fate> fates =
                () -> random.nextInt(3) == 0 ? new Fate.Refused(status) : new Fate.Fine();
        try (var pull = new BadLink(port(), fates, 0);
                var push = new BadLink(port(), fates, 0)) {
            String path = "busy/app" + status;
            var run =
                    convert(pull.authority() + "/src/app:1", push.authority() + "/" + path + ":1");
            assertThat(run.code()).as(run.err()).isZero();
        }
    }

    @Test
    void someServerErrorsAreOvercome() throws Exception {
        var requests = new AtomicInteger();
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange ->
                                        requests.incrementAndGet() % 4 == 0
                                                && requests.get() < 40
                                                && RegistryRelay.reply(exchange, 500))) {
            var run =
                    convert(
                            registry().authority() + "/src/app:1",
                            "127.0.0.1:" + server.port() + "/errors/app:1");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(tag("errors/app", "1")).isEqualTo(right);
        }
    }

    @Test
    void manifestThatIsAlwaysRefusedLeavesNoTag() throws Exception {
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        RegistryRelay.spoiled(
                                client,
                                registry(),
                                exchange ->
                                        exchange.method().equals("PUT")
                                                && exchange.target().contains("/manifests/1")
                                                && RegistryRelay.reply(exchange, 500))) {
            var run =
                    convert(
                            registry().authority() + "/src/app:1",
                            "127.0.0.1:" + server.port() + "/refused/app:1");
            assertThat(run.code()).isEqualTo(1);
            assertThat(exists("refused/app", "1")).isFalse();
            // What is there already is not sent again.
            var uploads = new AtomicInteger();
            try (var watched =
                    RegistryRelay.spoiled(
                            client,
                            registry(),
                            exchange -> {
                                if (exchange.method().equals("PATCH")) {
                                    uploads.incrementAndGet();
                                }
                                return false;
                            })) {
                var again =
                        convert(
                                registry().authority() + "/src/app:1",
                                "127.0.0.1:" + watched.port() + "/refused/app:1");
                assertThat(again.code()).as(again.err()).isZero();
            }
            assertThat(tag("refused/app", "1")).isEqualTo(right);
        }
    }
}
