package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * A link so slow that a piece takes longer than the grace: as long as the seed's reading moves on,
 * nobody passes it by.
 */
@Tag("slow")
final class FullLinkTest {
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
    void prefetchOnAFullLinkTakesNoByteTwice() throws Exception {
        int pieces = 8;
        String blob = origin.addBlob(51, pieces * PIECE);
        byte[] content = origin.content(blob);
        swarm.startScheduler();
        String patience = "sourceGrace: 3s, sourceShortcut: 0";
        String prefetch = swarm.proxy("prefetch: true");
        RunningDfdaemon seed =
                swarm.start("seed", "seedPeer: {enable: true}", swarm.download("seed", patience));
        RunningDfdaemon one = swarm.start("node1", prefetch, swarm.download("node1", patience));
        RunningDfdaemon two = swarm.start("node2", prefetch, swarm.download("node2", patience));
        swarm.awaitHosts(3);
        origin.slowTo(800 << 10);

        var readers = new ArrayList<FutureTask<Void>>();
        var random = new Random(5);
        for (RunningDfdaemon node : List.of(one, two)) {
            for (int reader = 0; reader < 3; reader++) {
                int from = random.nextInt(content.length - 100_000);
                var task =
                        new FutureTask<Void>(
                                () -> {
                                    var answer =
                                            swarm.get(
                                                    node,
                                                    blob,
                                                    "Range",
                                                    "bytes=" + from + "-" + (from + 99_999));
                                    assertThat(answer.body())
                                            .isEqualTo(
                                                    Arrays.copyOfRange(
                                                            content, from, from + 100_000));
                                    return null;
                                });
                readers.add(task);
                Thread.ofVirtual().start(task);
            }
        }
        for (FutureTask<Void> reader : readers) {
            reader.get(3, TimeUnit.MINUTES);
        }
        long length = content.length;
        Await.until(
                "both nodes have all",
                java.time.Duration.ofMinutes(3),
                () ->
                        swarm.traffic(one, "REMOTE_PEER") == length
                                && swarm.traffic(two, "REMOTE_PEER") == length);
        assertThat(swarm.traffic(seed, "BACK_TO_SOURCE")).isEqualTo(length);
        assertThat(origin.bytesServed(blob)).isEqualTo(length);
    }
}
