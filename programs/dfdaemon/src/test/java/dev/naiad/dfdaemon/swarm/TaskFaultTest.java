package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.dfdaemon.DeleteTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.Await;
import dev.naiad.testkit.ShortTempDir;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Readers of one task and their failures, policies and removals: each has its own. */
final class TaskFaultTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private final EventLoops loops = new EventLoops("test", 1);
    private final List<GrpcChannel> channels = new ArrayList<>();
    private final List<CountDownLatch> holds = new ArrayList<>();

    @BeforeEach
    void alone() throws Exception {
        swarm.noScheduler();
    }

    @AfterEach
    void stop() throws Exception {
        holds.forEach(CountDownLatch::countDown);
        channels.forEach(GrpcChannel::close);
        loops.close();
        swarm.close();
        origin.close();
        dir.close();
    }

    private CountDownLatch hold(String blob, long offset) {
        CountDownLatch hold = origin.holdAt(blob, offset);
        holds.add(hold);
        return hold;
    }

    private io.grpc.Channel channel(Endpoint endpoint) {
        GrpcChannel channel = GrpcChannel.open(endpoint, loops);
        channels.add(channel);
        return channel.channel();
    }

    private void download(String node, Download.Builder download) {
        download(node, download, () -> {});
    }

    private void download(String node, Download.Builder download, Runnable onMessage) {
        DfdaemonDownloadGrpc.newBlockingStub(channel(Endpoint.unix(swarm.socket(node))))
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .downloadTask(DownloadTaskRequest.newBuilder().setDownload(download).build())
                .forEachRemaining(message -> onMessage.run());
    }

    private static <T> FutureTask<T> start(java.util.concurrent.Callable<T> call) {
        var task = new FutureTask<>(call);
        Thread.ofVirtual().start(task);
        return task;
    }

    @Test
    void anOldFailureOfAPieceThatIsHereByNowHurtsNobody() throws Exception {
        String blob = origin.addBlob(91, 6 * PIECE);
        RunningDfdaemon one = swarm.start("node1");
        // The range's reader gets the origin's 404; the task stays active for a while.
        origin.failAt(blob, 5L * PIECE, 404, 1);
        var refused = swarm.get(one, blob, "Range", "bytes=" + 5 * PIECE + "-");
        assertThat(refused.status()).isEqualTo(404);
        // The next reader's last piece is here before the reader comes to it, the last but one is
        // the last to come: the reader then waits for the whole content to be checked.
        CountDownLatch first = hold(blob, 0);
        CountDownLatch fifth = hold(blob, 4L * PIECE);
        URL url = URI.create("http://127.0.0.1:" + one.proxyPort() + blob).toURL();
        var reader =
                start(
                        () -> {
                            try (InputStream in = url.openStream()) {
                                byte[] begin = in.readNBytes(4 * PIECE);
                                fifth.countDown();
                                byte[] rest = in.readAllBytes();
                                byte[] all = Arrays.copyOf(begin, begin.length + rest.length);
                                System.arraycopy(rest, 0, all, begin.length, rest.length);
                                return all;
                            }
                        });
        Await.until(
                "pieces 1, 2, 3 and 5 came",
                () -> swarm.traffic(one, "BACK_TO_SOURCE") == 4L * PIECE);
        first.countDown();
        assertThat(reader.get(60, TimeUnit.SECONDS)).isEqualTo(origin.content(blob));
    }

    @Test
    void aReaderAfterDeleteTaskBeginsAnewThoughAnOldOneStillWaits() throws Exception {
        String blob = origin.addBlob(92, 3 * PIECE);
        String taskId = blob.substring(blob.lastIndexOf(':') + 1);
        RunningDfdaemon one = swarm.start("node1");
        hold(blob, PIECE);
        var old = start(() -> swarm.tryGet(one, blob));
        Await.until("the old reader waits", () -> origin.isHolding(blob, PIECE));
        DfdaemonUploadGrpc.newBlockingStub(channel(Endpoint.tcp("127.0.0.1", one.uploadPort())))
                .deleteTask(DeleteTaskRequest.newBuilder().setTaskId(taskId).build());
        var fresh = start(() -> swarm.get(one, blob).body());
        // Far below the half minute after which the old reader would give up by itself.
        assertThat(fresh.get(20, TimeUnit.SECONDS)).isEqualTo(origin.content(blob));
        assertThat(old.get(60, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    void aReaderThatMustNotAskTheOriginKeepsNobodyElseFromIt() throws Exception {
        String blob = origin.addBlob(93, 12 * PIECE);
        RunningDfdaemon one = swarm.start("node1", swarm.download("node1", "sourceGrace: 1s"));
        // The first piece, and the two that may be read ahead of need: the others are to begin
        // after the second reader has come.
        for (int piece : new int[] {0, 4, 5}) {
            hold(blob, (long) piece * PIECE);
        }
        var reader = start(() -> swarm.get(one, blob).body());
        Await.until("the reader's first piece is asked for", () -> origin.isHolding(blob, 0));
        var begun = new CountDownLatch(1);
        var peersOnly =
                start(
                        () -> {
                            download(
                                    "node1",
                                    Download.newBuilder()
                                            .setUrl(origin.url() + blob)
                                            .setEnableTaskIdBasedBlobDigest(true)
                                            .setDisableBackToSource(true),
                                    begun::countDown);
                            return true;
                        });
        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
        holds.forEach(CountDownLatch::countDown);
        assertThat(reader.get(20, TimeUnit.SECONDS)).isEqualTo(origin.content(blob));
        assertThat(peersOnly.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(origin.bytesServed(blob)).isEqualTo(12L * PIECE);
    }

    @Test
    void whatNoPeerHasAndTheOriginIsForbiddenForIsAnErrorSoon() throws Exception {
        String blob = origin.addBlob(94, 2 * PIECE);
        swarm.start("node1", swarm.download("node1", "sourceGrace: 1s"));
        assertThatThrownBy(
                        () ->
                                download(
                                        "node1",
                                        Download.newBuilder()
                                                .setUrl(origin.url() + blob)
                                                .setDisableBackToSource(true)))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> {
                            assertThat(e.getStatus().getCode())
                                    .isEqualTo(Status.Code.FAILED_PRECONDITION);
                            assertThat(e).hasMessageContaining("no peer has it");
                        });
        assertThat(origin.bytesServed(blob)).isZero();
    }

    @Test
    void aRangeThatFailsLeavesTheOthersAlone() throws Exception {
        String blob = origin.addBlob(95, 3 * PIECE);
        RunningDfdaemon one = swarm.start("node1");
        origin.failAt(blob, 2L * PIECE, 403, 1);
        CountDownLatch first = hold(blob, 0);
        var reader = start(() -> swarm.get(one, blob, "Range", "bytes=0-99").body());
        Await.until("the good reader waits", () -> origin.isHolding(blob, 0));
        assertThat(swarm.get(one, blob, "Range", "bytes=" + 2 * PIECE + "-").status())
                .isEqualTo(403);
        first.countDown();
        assertThat(reader.get(60, TimeUnit.SECONDS))
                .isEqualTo(Arrays.copyOf(origin.content(blob), 100));
        assertThat(swarm.get(one, blob).body()).isEqualTo(origin.content(blob));
    }
}
