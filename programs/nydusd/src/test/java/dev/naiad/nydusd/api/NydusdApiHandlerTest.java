package dev.naiad.nydusd.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.cli.ProgramContext;
import dev.naiad.nydusd.main.NydusdProgram;
import dev.naiad.nydusdapi.DaemonState;
import dev.naiad.nydusdapi.MountRequest;
import dev.naiad.nydusdapi.NydusdApiException;
import dev.naiad.nydusdapi.NydusdClient;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The API of a daemon that mounts nothing, over its real socket. */
class NydusdApiHandlerTest {
    private final ShortTempDir directory = ShortTempDir.create();
    private final PrintStream nowhere =
            new PrintStream(OutputStream.nullOutputStream(), true, StandardCharsets.UTF_8);
    private final ProgramContext context = ProgramContext.forTest(nowhere, nowhere, Map.of());
    private final NydusdClient client =
            new NydusdClient(directory.resolve("api.sock"), Duration.ofSeconds(60));
    private final FutureTask<Integer> daemon =
            new FutureTask<>(
                    () ->
                            new NydusdProgram()
                                    .run(
                                            context,
                                            List.of(
                                                    "singleton",
                                                    "--rlimit-nofile",
                                                    "0",
                                                    "--log-file",
                                                    directory
                                                            .resolve("new/dir/nydusd.log")
                                                            .toString(),
                                                    "--apisock",
                                                    directory.resolve("api.sock").toString())));

    @BeforeEach
    void start() {
        Thread.ofPlatform().daemon().start(daemon);
        Await.until(
                "the API answers",
                () -> {
                    if (daemon.isDone()) {
                        throw new AssertionError("ended with " + daemon.get());
                    }
                    try {
                        return client.daemonInfo().state() == DaemonState.RUNNING;
                    } catch (dev.naiad.base.error.NaiadException e) {
                        return false;
                    }
                });
    }

    @AfterEach
    void stop() throws Exception {
        context.stop().request();
        assertThat(daemon.get(60, TimeUnit.SECONDS)).isZero();
        assertThat(directory.resolve("api.sock")).doesNotExist();
        directory.close();
        nowhere.close();
    }

    @Test
    void theDaemonDescribesItself() {
        var info = client.daemonInfo();
        assertThat(info.id()).isEmpty();
        assertThat(info.instances()).contains(List.of());
        assertThat(client.send("GET", "/api/v2/daemon", "").body())
                .endsWith("\"backend_collection\":null}");
        assertThat(directory.resolve("new/dir/nydusd.log")).exists();
    }

    @Test
    void nothingInFlightIsAnEmptyAnswer() {
        var reply = client.send("GET", "/api/v1/metrics/inflight", "");
        assertThat(reply.status()).isEqualTo(204);
        assertThat(reply.body()).isEmpty();
        assertThat(client.inflight()).isEmpty();
    }

    @Test
    void mountpointsThatNoDirectoryCanListAreRefused() {
        var body = "{\"source\":\"/x\",\"fs_type\":\"rafs\",\"config\":\"{}\"}";
        for (var bad : List.of("/a/../b", "/..", "/./a", "/" + "n".repeat(256), "/a%00b")) {
            for (var method : List.of("POST", "PUT")) {
                assertError(
                        400,
                        "'mountpoint' must be a path",
                        method,
                        "/api/v1/mount?mountpoint=" + bad,
                        body);
            }
        }
        assertThat(client.daemonInfo().instances()).contains(List.of());
    }

    private void assertError(int status, String text, Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        NydusdApiException.class,
                        e -> {
                            assertThat(e.status()).isEqualTo(status);
                            assertThat(e.code()).isEqualTo("UNDEFINED");
                            assertThat(e.detail()).contains(text);
                        });
    }

    private void assertError(int status, String text, String method, String path, String body) {
        assertError(
                status,
                text,
                () -> {
                    var _ = client.send(method, path, body);
                });
    }

    @Test
    void wrongRequestsHaveTheOriginalsStatusAndText() {
        assertError(404, "NoRoute", "GET", "/api/v1/nothing", "");
        assertError(400, "BadRequest", "DELETE", "/api/v1/daemon/events", "");
        assertError(400, "BadRequest", "PUT", "/api/v1/daemon/start", "{}");
        assertError(400, "'mountpoint' should be specified", "POST", "/api/v1/mount", "{}");
        assertError(400, "ParseBody", "POST", "/api/v1/mount?mountpoint=/x", "no json");
        assertError(400, "ParseBody", "POST", "/api/v1/mount?mountpoint=/x", "{\"source\":\"/b\"}");
        assertError(400, "BadRequest", "POST", "/api/v1/mount?mountpoint=/x", "");
        assertError(400, "UnexpectedEvent(\"Start\")", client::start);
        assertError(500, "nothing is mounted yet", client::sendFd);
        assertError(500, "Configure(ResponsePayloadType)", () -> client.setLogLevel("loud"));
        for (var metrics : List.of("", "/files", "/pattern", "/backend", "/blobcache")) {
            assertError(404, "(Metrics(Stats(NoCounter)))", "GET", "/api/v1/metrics" + metrics, "");
        }
    }

    @Test
    void mountsSayWhatIsWrong() {
        assertError(
                500,
                "only 'rafs' and 'passthrough_fs' are supported, but ext4 was specified",
                () -> client.mount("/x", new MountRequest("ext4", "/b", "", Optional.empty())));
        assertError(
                501,
                "Unsupported",
                () ->
                        client.mount(
                                "/x",
                                new MountRequest("passthrough_fs", "/b", "", Optional.empty())));
        assertError(
                500,
                "invalid prefetch file list",
                () ->
                        client.mount(
                                "/x",
                                new MountRequest("rafs", "/b", "{}", Optional.of(List.of("rel")))));
        assertError(
                500,
                "device",
                () -> client.mount("/x", MountRequest.rafs("/b", "{\"mode\":\"direct\"}")));
        assertError(500, "doesn't exist", () -> client.unmount("/x"));
        assertThat(client.send("GET", "/api/v1/daemon/events", "").body())
                .contains("\"max_errors\":500,");
    }

    @Test
    void theLogLevelCanBeChanged() {
        client.setLogLevel("debug");
        client.setLogLevel("info");
    }

    @Test
    void exitEndsTheProcess() throws Exception {
        client.exit();
        assertThat(daemon.get(60, TimeUnit.SECONDS)).isZero();
    }
}
