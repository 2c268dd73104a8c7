package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks, and what readers see of it: right bytes, or a clear error, and never a hang. */
final class SwarmFaultTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);

    @AfterEach
    void stop() throws Exception {
        swarm.close();
        origin.close();
        dir.close();
    }

    @Test
    void withoutASchedulerTheOriginServes() throws Exception {
        String blob = origin.addBlob(11, 2 * PIECE + 5);
        swarm.noScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
        assertThat(origin.bytesServed(blob)).isEqualTo(2L * PIECE + 5);
        assertThat(swarm.traffic(one, "BACK_TO_SOURCE")).isEqualTo(2L * PIECE + 5);
    }

    @Test
    void aSchedulerThatComesLaterLearnsWhatIsHeld() throws Exception {
        String blob = origin.addBlob(12, 3 * PIECE);
        swarm.startScheduler();
        swarm.stopScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));

        swarm.startScheduler();
        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(2);
        Await.until("the held task is known", swarm::heldTasksAreAnnounced);
        assertThat(swarm.get(two, blob).body()).isEqualTo(origin.content(blob));
        assertThat(swarm.traffic(two, "REMOTE_PEER")).isEqualTo(3L * PIECE);
        assertThat(origin.bytesServed(blob)).isEqualTo(3L * PIECE);
    }

    @Test
    void aSchedulerThatDiesInMidDownloadCostsNothing() throws Exception {
        String blob = origin.addBlob(13, 6 * PIECE);
        swarm.startScheduler();
        swarm.start("seed", "seedPeer: {enable: true}");
        RunningDfdaemon one = swarm.start("node1");
        swarm.awaitHosts(2);
        origin.slowTo(8 << 20);
        var reader = new FutureTask<>(() -> swarm.get(one, blob).body());
        Thread.ofVirtual().start(reader);
        Await.until("the first piece came", () -> swarm.traffic(one, "REMOTE_PEER") > 0);
        swarm.stopScheduler();
        assertThat(reader.get(2, TimeUnit.MINUTES)).isEqualTo(origin.content(blob));
        assertThat(origin.bytesServed(blob)).isEqualTo(6L * PIECE);
    }

    @Test
    void aRegistryThatIsGoneIsNotMissed() throws Exception {
        String blob = origin.addBlob(14, 2 * PIECE + 77);
        swarm.startScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
        origin.failWith(503);
        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(2);
        assertThat(swarm.get(two, blob).body()).isEqualTo(origin.content(blob));
        assertThat(swarm.traffic(two, "REMOTE_PEER")).isEqualTo(2L * PIECE + 77);
    }

    @Test
    void aParentThatFlipsABitIsDroppedAndTheReaderGetsTheRightBytes() throws Exception {
        String blob = origin.addBlob(15, 3 * PIECE);
        swarm.startScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
        flip(swarm.data("node1"), PIECE + 12345);

        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(2);
        assertThat(swarm.get(two, blob).body()).isEqualTo(origin.content(blob));
        // What the bad parent could not give came from the origin.
        assertThat(swarm.traffic(two, "BACK_TO_SOURCE")).isGreaterThanOrEqualTo(PIECE);
    }

    @Test
    void aParentThatDiesInMidPieceIsReplaced() throws Exception {
        String blob = origin.addBlob(16, 3 * PIECE);
        swarm.startScheduler();
        RunningDfdaemon one =
                swarm.start(
                        "node1",
                        "upload: {server: {ip: 127.0.0.1, port: 0}, bandwidthLimit: 1MiB}");
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(2);
        var reader = new FutureTask<>(() -> swarm.get(two, blob).body());
        Thread.ofVirtual().start(reader);
        Await.until(
                "node1 gives a piece",
                () -> swarm.metric(one, "dragonfly_client_concurrent_upload_piece_total") > 0);
        swarm.stop(one);
        assertThat(reader.get(2, TimeUnit.MINUTES)).isEqualTo(origin.content(blob));
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 404})
    void whatTheRegistryRefusesIsPassedOnAndNotRemembered(int status) throws Exception {
        String blob = origin.addBlob(17, PIECE + 1);
        swarm.startScheduler();
        RunningDfdaemon one = swarm.start("node1");
        origin.failWith(status);
        var refused = swarm.get(one, blob);
        assertThat(refused.status()).isEqualTo(status);
        assertThat(refused.headers().first("X-Dragonfly-Error-Type")).contains("backend");
        assertThat(refused.headers().first("WWW-Authenticate")).isPresent();
        origin.failWith(0);
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
    }

    @Test
    void theReadersTokenGoesAlong() throws Exception {
        String blob = origin.addBlob(18, 2 * PIECE);
        origin.wantToken("Bearer secret");
        swarm.startScheduler();
        RunningDfdaemon seed = swarm.start("seed", "seedPeer: {enable: true}");
        RunningDfdaemon one = swarm.start("node1");
        swarm.awaitHosts(2);
        assertThat(swarm.get(one, blob).status()).isEqualTo(401);
        assertThat(swarm.get(one, blob, "Authorization", "Bearer secret").body())
                .isEqualTo(origin.content(blob));
        assertThat(swarm.traffic(seed, "BACK_TO_SOURCE")).isEqualTo(2L * PIECE);
    }

    @Test
    void aRangeOutsideTheContentLeavesTheTaskAlone() throws Exception {
        String blob = origin.addBlob(19, PIECE + 10);
        swarm.noScheduler();
        RunningDfdaemon one = swarm.start("node1");
        var refused = swarm.get(one, blob, "Range", "bytes=" + (PIECE + 10) + "-");
        assertThat(refused.status()).isEqualTo(416);
        assertThat(refused.headers().first("Content-Range")).contains("bytes */" + (PIECE + 10));
        var suffix = swarm.get(one, blob, "Range", "bytes=-7");
        assertThat(suffix.status()).isEqualTo(206);
        byte[] content = origin.content(blob);
        assertThat(suffix.body())
                .isEqualTo(Arrays.copyOfRange(content, content.length - 7, content.length));
    }

    @Test
    void contentThatIsNotWhatItsNameSaysIsNeverReadToItsEnd() throws Exception {
        String good = origin.addBlob(20, 2 * PIECE);
        byte[] bad = origin.content(good).clone();
        bad[PIECE + 1] ^= 1;
        byte[] right = origin.content(good);
        origin.add(good, bad);
        swarm.noScheduler();
        RunningDfdaemon one = swarm.start("node1");
        assertThat(swarm.tryGet(one, good)).isEmpty();
        origin.add(good, right);
        assertThat(swarm.get(one, good).body()).isEqualTo(right);
    }

    @Test
    void manifestsAndHeadPassThrough() throws Exception {
        origin.add(
                "/v2/naiad/alpine/manifests/3",
                "{}".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        swarm.noScheduler();
        RunningDfdaemon one = swarm.start("node1");
        var answer = swarm.get(one, "/v2/naiad/alpine/manifests/3");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8))
                .isEqualTo("{}");
        assertThat(answer.headers().first("X-Dragonfly-Task-ID")).isEmpty();
        assertThat(origin.requests("/v2/naiad/alpine/manifests/3")).isEqualTo(1);
    }

    private static void flip(Path data, long offset) throws IOException {
        try (Stream<Path> files = Files.walk(data.resolve("naiad"))) {
            Path content =
                    files.filter(Files::isRegularFile)
                            .filter(file -> !file.toString().endsWith(".map"))
                            .findFirst()
                            .orElseThrow();
            try (var file = new RandomAccessFile(content.toFile(), "rw")) {
                file.seek(offset);
                int before = file.read();
                file.seek(offset);
                file.write(before ^ 0x10);
            }
        }
    }
}
