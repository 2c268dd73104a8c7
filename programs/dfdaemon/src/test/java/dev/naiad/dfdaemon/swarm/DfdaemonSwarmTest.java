package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.dfdaemon.task.DownloadLogLines;
import dev.naiad.testkit.ShortTempDir;
import java.util.Arrays;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DfdaemonSwarmTest {
    private static final int PIECE = 4 << 20;
    private static final int LENGTH = 2 * PIECE + 1_234_567;

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
    void eachByteLeavesTheOriginOnceForTwoNodes() throws Exception {
        String blob = origin.addBlob(1, LENGTH);
        swarm.startScheduler();
        RunningDfdaemon seed = swarm.start("seed", "seedPeer: {enable: true}");
        RunningDfdaemon one = swarm.start("node1");
        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(3);

        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
        assertThat(swarm.get(two, blob).body()).isEqualTo(origin.content(blob));

        assertThat(origin.bytesServed(blob)).isEqualTo(LENGTH);
        // Three pieces, and one look at the length by each daemon.
        assertThat(origin.requests(blob)).isEqualTo(3 + 3);
        assertThat(swarm.traffic(seed, "BACK_TO_SOURCE")).isEqualTo(LENGTH);
        assertThat(swarm.traffic(one, "REMOTE_PEER")).isEqualTo(LENGTH);
        assertThat(swarm.traffic(two, "REMOTE_PEER")).isEqualTo(LENGTH);
        assertThat(swarm.uploaded(seed) + swarm.uploaded(one) + swarm.uploaded(two))
                .isEqualTo(2L * LENGTH);

        assertThat(swarm.log())
                .contains(DownloadLogLines.STARTED)
                .contains(DownloadLogLines.SUCCEEDED + " url=");

        var again = swarm.get(one, blob);
        assertThat(again.body()).isEqualTo(origin.content(blob));
        assertThat(again.headers().first("X-Dragonfly-Task-Download-Finished")).contains("true");
        assertThat(swarm.traffic(one, "LOCAL_PEER")).isEqualTo(LENGTH);
        assertThat(origin.requests(blob)).isEqualTo(6);
    }

    @Test
    void rangesMoveOnlyThePiecesTheyTouch() throws Exception {
        String blob = origin.addBlob(2, 6 * PIECE);
        swarm.startScheduler();
        RunningDfdaemon seed = swarm.start("seed", "seedPeer: {enable: true}");
        RunningDfdaemon one = swarm.start("node1");
        RunningDfdaemon two = swarm.start("node2");
        swarm.awaitHosts(3);
        byte[] content = origin.content(blob);

        for (RunningDfdaemon node : new RunningDfdaemon[] {one, two}) {
            for (int piece : new int[] {4, 0, 2}) {
                int from = piece * PIECE + 4096;
                var answer = swarm.get(node, blob, "Range", "bytes=" + from + "-" + (from + 9999));
                assertThat(answer.status()).isEqualTo(206);
                assertThat(answer.headers().first("Content-Range"))
                        .contains("bytes " + from + "-" + (from + 9999) + "/" + content.length);
                assertThat(answer.body())
                        .isEqualTo(Arrays.copyOfRange(content, from, from + 10000));
            }
        }
        assertThat(origin.bytesServed(blob)).isEqualTo(3L * PIECE);
        assertThat(swarm.traffic(seed, "BACK_TO_SOURCE")).isEqualTo(3L * PIECE);
        assertThat(swarm.traffic(one, "REMOTE_PEER")).isEqualTo(3L * PIECE);
        assertThat(swarm.traffic(two, "REMOTE_PEER")).isEqualTo(3L * PIECE);
    }

    @Test
    void nodesThatReadAtTheSameTimeShare() throws Exception {
        String blob = origin.addBlob(3, 4 * PIECE);
        origin.slowTo(16 << 20);
        swarm.startScheduler();
        swarm.start("seed", "seedPeer: {enable: true}");
        RunningDfdaemon[] nodes = {
            swarm.start("node1"), swarm.start("node2"), swarm.start("node3")
        };
        swarm.awaitHosts(4);
        var readers =
                Arrays.stream(nodes)
                        .map(node -> new FutureTask<>(() -> swarm.get(node, blob).body()))
                        .toList();
        readers.forEach(reader -> Thread.ofVirtual().start(reader));
        for (FutureTask<byte[]> reader : readers) {
            assertThat(reader.get(120, TimeUnit.SECONDS)).isEqualTo(origin.content(blob));
        }
        assertThat(origin.bytesServed(blob)).isEqualTo(4L * PIECE);
    }
}
