package dev.naiad.nydusify.main;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.NaiadException;
import dev.naiad.imagetestkit.RegistryRelay;
import dev.naiad.imagetestkit.SampleImage;
import dev.naiad.net.client.HttpClient;
import dev.naiad.net.client.HttpClientConfig;
import dev.naiad.net.server.HttpServer;
import dev.naiad.net.server.HttpServerConfig;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.BadLink;
import dev.naiad.testkit.RealRegistry;
import dev.naiad.testkit.RunningProcess;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real processes that are killed in the middle. */
@Timeout(300)
class KilledConversionTest {
    private static final List<RealRegistry> OPEN = new ArrayList<>();

    @TempDir Path dir = Path.of("/");

    @BeforeAll
    static void start() {
        OPEN.add(RealRegistry.start());
        var _ = SampleImage.push(registry(), "src/app", "1", SampleImage.layers(), false);
    }

    @AfterAll
    static void stop() {
        OPEN.forEach(RealRegistry::close);
        OPEN.clear();
    }

    private static RealRegistry registry() {
        return OPEN.getFirst();
    }

    private RunningProcess nydusify(String target) {
        return RunningProcess.start(
                dir.resolve("output"),
                Map.of("DOCKER_CONFIG", dir.toString()),
                NydusifyMain.command(arguments(target)));
    }

    private List<String> arguments(String target) {
        return List.of(
                "convert",
                "--work-dir",
                dir.resolve("work").toString(),
                "--source",
                registry().authority() + "/src/app:1",
                "--target",
                target);
    }

    private static boolean exists(String path) {
        try (var repository = SampleImage.open(registry(), path)) {
            var _ = repository.manifest("1", Deadline.never());
            return true;
        } catch (NaiadException e) {
            return false;
        }
    }

    private static Digest digest(String path) {
        try (var repository = SampleImage.open(registry(), path)) {
            return repository.manifest("1", Deadline.never()).digest();
        }
    }

    private NydusifyRun rerun(String target) throws Exception {
        return NydusifyRun.of(Map.of("DOCKER_CONFIG", dir.toString()), arguments(target));
    }

    @Test
    void whatWasStoredBeforeTheKillIsNotSentAgain() throws Exception {
        var dead = new AtomicBoolean();
        var killed = new CountDownLatch(1);
        var sent = new AtomicInteger();
        var arrived = new CountDownLatch(1);
        try (var client = new HttpClient("relay", HttpClientConfig.defaults());
                var server =
                        new HttpServer(
                                "relay",
                                Endpoint.tcp("127.0.0.1", 0),
                                HttpServerConfig.defaults().withMaxBodyBytes(64 << 20),
                                exchange -> {
                                    if (exchange.method().equals("PATCH")) {
                                        sent.incrementAndGet();
                                    }
                                    // By the first manifest all layers are stored.
                                    if (!dead.get()
                                            && exchange.method().equals("PUT")
                                            && exchange.target().contains("/manifests/")) {
                                        arrived.countDown();
                                        await(killed);
                                        exchange.reply(500);
                                        return;
                                    }
                                    RegistryRelay.relay(client, registry(), exchange);
                                })) {
            server.start();
            String target = "127.0.0.1:" + server.port() + "/killed/app:1";
            RunningProcess process = nydusify(target);
            try {
                Await.until("the manifest", () -> arrived.getCount() == 0 || !process.isAlive());
                assertThat(arrived.getCount()).as(process.output()).isZero();
            } finally {
                process.kill();
                dead.set(true);
                killed.countDown();
            }
            assertThat(exists("killed/app")).isFalse();
            assertThat(sent.getAndSet(0)).isPositive();
            var run = rerun(target).good();
            assertThat(run.err())
                    .contains("since an interrupted run")
                    .doesNotContain("msg=\"converted layer\"");
            assertThat(sent.get()).isZero();
        }
        assertThat(dir.resolve("work")).doesNotExist();
        rerun(registry().authority() + "/clean/app:1").good();
        assertThat(digest("killed/app")).isEqualTo(digest("clean/app"));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    @Tag("slow")
    void killAtAnyMomentLeavesNoTagAndTheNextRunCompletes() throws Exception {
        rerun(registry().authority() + "/sane/app:1").good();
        String at = registry().authority();
        int port = Integer.parseInt(at.substring(at.lastIndexOf(':') + 1));
        for (int seed = 1; seed <= 4; seed++) {
            long moment = new Random(seed).nextInt(10 << 20);
            String path = "random/app" + seed;
            try (var relay = new BadLink(port, BadLink.Fate.Fine::new, 100_000)) {
                RunningProcess process = nydusify(relay.authority() + "/" + path + ":1");
                try {
                    Await.until(
                            "byte " + moment, () -> relay.passed() >= moment || !process.isAlive());
                } finally {
                    process.kill();
                }
            }
            boolean complete = exists(path);
            if (complete) {
                assertThat(digest(path)).as("seed %d", seed).isEqualTo(digest("sane/app"));
            }
            rerun(at + "/" + path + ":1").good();
            assertThat(digest(path)).as("seed %d", seed).isEqualTo(digest("sane/app"));
        }
    }
}
