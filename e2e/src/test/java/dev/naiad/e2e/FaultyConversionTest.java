package dev.naiad.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.e2e.image.ImageCache;
import dev.naiad.e2e.image.Recipe;
import dev.naiad.e2e.lab.Command;
import dev.naiad.e2e.lab.Dist;
import dev.naiad.e2e.lab.Workspace;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.client.HttpRequest;
import dev.naiad.net.http.HttpUrl;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.BadLink;
import dev.naiad.testkit.BadLink.Fate;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.RunningProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An image of a distribution's packages is converted over links and with servers that fail in every
 * way, and by processes that are killed: at any moment its tag is absent or names a complete image,
 * and the final image equals that of an undisturbed conversion.
 */
@Tag("e2e")
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FaultyConversionTest {
    private static final String MANIFESTS =
            "application/vnd.oci.image.manifest.v1+json,"
                    + "application/vnd.docker.distribution.manifest.v2+json";

    private final Workspace workspace = Workspace.create();
    private final RealRegistry registry = RealRegistry.start();
    private final HttpClient client = new HttpClient("watch", HttpClientConfig.defaults());

    /** The result of an undisturbed conversion. */
    private List<String> right = List.of();

    /** What that conversion sent. */
    private long size;

    @BeforeAll
    void convertWithoutTrouble() {
        Path layout = new ImageCache(System.out::println).layout(Recipe.SMALL);
        Command.of(
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "--dest-tls-verify=false",
                        "oci:" + layout + ":" + ImageCache.TAG,
                        "docker://" + registry.authority() + "/src/image:1")
                .must();
        try (var link = link(Fate.Fine::new)) {
            convert(registry.authority(), link.authority() + "/clean/image:1").orThrow();
            size = link.passed();
        }
        right = layers("clean/image").orElseThrow();
        assertThat(right.size()).as("layers").isGreaterThanOrEqualTo(4);
    }

    @AfterAll
    void close() {
        try (workspace;
                registry) {
            client.close();
        }
    }

    private BadLink link(Supplier<Fate> fates) {
        return new BadLink(registry.port(), fates, 0);
    }

    private List<String> command(String from, String target) {
        return List.of(
                Dist.find().program("nydusify"),
                "convert",
                "--plain-http",
                "--push-retry-delay=10ms",
                "--push-retry-count=20",
                "--work-dir=" + workspace.path().resolve("work"),
                "--source=" + from + "/src/image:1",
                "--target=" + target);
    }

    /** Waiting for a silent registry takes no longer than a stalled link. */
    private Map<String, String> environment() {
        return Map.of(
                "DOCKER_CONFIG",
                workspace.path().resolve("none").toString(),
                "NAIAD_REGISTRY_TIMEOUT",
                "4s");
    }

    private Command.Result convert(String from, String target) {
        var command = Command.of(command(from, target));
        for (var each : environment().entrySet()) {
            command = command.env(each.getKey(), each.getValue());
        }
        return command.run();
    }

    /** Digests of what the manifest lists, the configuration first; empty if there is no tag. */
    private Optional<List<String>> listed(String path) {
        var url = HttpUrl.parse(registry.url() + "/v2/" + path + "/manifests/1");
        try (var response = client.send(HttpRequest.get(url).with("Accept", MANIFESTS))) {
            if (response.status() == 404) {
                return Optional.empty();
            }
            assertThat(response.status()).isEqualTo(200);
            ConfigNode manifest = JsonReader.parse("manifest", response.body().readAll(1 << 20));
            var digests = new ArrayList<String>();
            digests.add(manifest.get("config").get("digest").text());
            manifest.get("layers")
                    .items()
                    .forEach(layer -> digests.add(layer.get("digest").text()));
            return Optional.of(digests);
        }
    }

    /** The same without the configuration, which names the source's registry. */
    private Optional<List<String>> layers(String path) {
        return listed(path).map(all -> all.subList(1, all.size()));
    }

    /** Fails if the tag names anything but a whole image. */
    private boolean assertAbsentOrWhole(String path) {
        var digests = listed(path);
        for (String digest : digests.orElse(List.of())) {
            var url = HttpUrl.parse(registry.url() + "/v2/" + path + "/blobs/" + digest);
            try (var response = client.send(HttpRequest.of("HEAD", url))) {
                assertThat(response.status()).as("%s of %s", digest, path).isEqualTo(200);
            }
        }
        return digests.isPresent();
    }

    /** Watches the tag until it is closed; closing reports what was wrong. */
    private final class Watch implements AutoCloseable {
        private final List<Throwable> wrong = new ArrayList<>();
        private final Thread thread;
        private volatile boolean ends;

        Watch(String path) {
            this.thread =
                    Thread.ofPlatform()
                            .daemon()
                            .start(
                                    () -> {
                                        try {
                                            while (!ends) {
                                                assertAbsentOrWhole(path);
                                                LockSupport.parkNanos(20_000_000);
                                            }
                                        } catch (RuntimeException | AssertionError e) {
                                            wrong.add(e);
                                        }
                                    });
        }

        @Override
        public void close() {
            ends = true;
            try {
                thread.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            assertThat(wrong).isEmpty();
        }
    }

    private void assertEqualToTheSource(String path) {
        var check =
                Command.of(
                                Dist.find().program("nydusify"),
                                "check",
                                "--work-dir=" + workspace.path().resolve("check"),
                                "--source=" + registry.authority() + "/src/image:1",
                                "--target=" + registry.authority() + "/" + path + ":1")
                        .run();
        assertThat(check.code()).as(check.text()).isZero();
        assertThat(check.text()).contains("chunks of", "entries of the mounted image");
    }

    /** The fate of a connection on a very bad day; later days are better. */
    private Supplier<Fate> badDay(Random random, AtomicInteger left) {
        int[] statuses = {500, 502, 503, 429};
        return () -> {
            long bytes = random.nextLong(size / 3);
            return left.getAndDecrement() <= 0
                    ? new Fate.Fine()
                    : switch (random.nextInt(6)) {
                        case 0, 1 -> new Fate.Cut(bytes);
                        case 2 -> new Fate.Refused(statuses[random.nextInt(statuses.length)]);
                        case 3 -> new Fate.Stall(bytes, Duration.ofSeconds(2));
                        case 4 -> new Fate.Dead(bytes);
                        default -> new Fate.Cut(bytes / 1000);
                    };
        };
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void cutStalledDeadAndRefusedConnectionsOnBothSidesGiveTheSameImage(long seed) {
        String path = "bad/image" + seed;
        var random = new Random(seed);
        var pulls = new AtomicInteger(7);
        var pushes = new AtomicInteger(7);
        try (var pull = link(badDay(random, pulls));
                var push = link(badDay(random, pushes));
                var _ = new Watch(path)) {
            var run = convert(pull.authority(), push.authority() + "/" + path + ":1");
            assertThat(run.code()).as(run.text()).isZero();
        }
        assertThat(pulls.get() + pushes.get()).as("undisturbed connections").isLessThan(14);
        assertThat(layers(path)).contains(right);
    }

    @Test
    void aLinkThatStopsForEverEndsTheConversionWithANamedErrorAndWithoutATag() {
        for (boolean push : new boolean[] {true, false}) {
            try (var link = link(() -> new Fate.Dead(push ? size / 20 : 0));
                    var _ = new Watch("stopped/image")) {
                String good = registry.authority();
                var command =
                        new ArrayList<>(
                                command(
                                        push ? good : link.authority(),
                                        (push ? link.authority() : good) + "/stopped/image:1"));
                command.add("--push-retry-count=2");
                var run =
                        Command.of(command)
                                .env("NAIAD_REGISTRY_TIMEOUT", "500ms")
                                .env("DOCKER_CONFIG", workspace.path().resolve("none").toString())
                                .run();
                assertThat(run.code()).as(run.text()).isEqualTo(1);
                assertThat(run.err()).contains("level=error", link.authority(), "timed out");
            }
            assertThat(layers("stopped/image")).isEmpty();
        }
    }

    @Test
    void whoIsKilledAgainAndAgainEndsUpWithTheSameImage() {
        var random = new Random(4);
        try (var link = link(Fate.Fine::new);
                var _ = new Watch("killed/image")) {
            String target = link.authority() + "/killed/image:1";
            for (int kill = 1; kill <= 3; kill++) {
                // Each is killed later: the earlier ones have left some work done.
                long moment = link.passed() + random.nextLong(size * kill / 4);
                var process =
                        RunningProcess.start(
                                workspace.path().resolve("killed" + kill),
                                environment(),
                                command(registry.authority(), target));
                try (process) {
                    Await.until(
                            "byte " + moment, () -> link.passed() >= moment || !process.isAlive());
                    process.kill();
                }
                if (assertAbsentOrWhole("killed/image")) {
                    assertThat(layers("killed/image")).contains(right);
                }
            }
            var run = convert(registry.authority(), target);
            assertThat(run.code()).as(run.text()).isZero();
        }
        assertThat(layers("killed/image")).contains(right);
        assertEqualToTheSource("killed/image");
    }
}
