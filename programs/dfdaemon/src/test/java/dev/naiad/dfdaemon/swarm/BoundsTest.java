package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesRequest;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.ShortTempDir;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Numbers that others claim: none of them costs memory before it was looked at. */
final class BoundsTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private final EventLoops loops = new EventLoops("test", 1);
    private final List<GrpcChannel> channels = new ArrayList<>();

    @BeforeEach
    void alone() throws Exception {
        swarm.noScheduler();
    }

    @AfterEach
    void stop() throws Exception {
        channels.forEach(GrpcChannel::close);
        loops.close();
        swarm.close();
        origin.close();
        dir.close();
    }

    private io.grpc.Channel channel(Endpoint endpoint) {
        GrpcChannel channel = GrpcChannel.open(endpoint, loops);
        channels.add(channel);
        return channel.channel();
    }

    private DfdaemonUploadGrpc.DfdaemonUploadBlockingStub upload(RunningDfdaemon daemon) {
        return DfdaemonUploadGrpc.newBlockingStub(
                channel(Endpoint.tcp("127.0.0.1", daemon.uploadPort())));
    }

    private static void assertCode(
            org.assertj.core.api.ThrowableAssert.ThrowingCallable call, Status.Code code) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(code));
    }

    @Test
    void aLengthOfPetabytesIsRefusedAndNothingOfItIsStored() throws Exception {
        String blob = origin.addBlob(71, PIECE);
        origin.claimLength(blob, 5_000_000_000_000_000L);
        RunningDfdaemon one = swarm.start("node1");
        var answer = swarm.get(one, blob, "Range", "bytes=0-99");
        assertThat(answer.status()).isEqualTo(500);
        assertThat(new String(answer.body(), java.nio.charset.StandardCharsets.UTF_8))
                .contains("at most 65536 are taken");
        swarm.stop(one);
        RunningDfdaemon again = swarm.start("node1");
        origin.claimLength(blob, PIECE);
        assertThat(swarm.get(again, blob).body()).isEqualTo(origin.content(blob));
    }

    @Test
    void aPieceLengthOfOneByteIsRefused() throws Exception {
        String blob = origin.addBlob(72, PIECE);
        swarm.start("node1");
        var stub =
                DfdaemonDownloadGrpc.newBlockingStub(channel(Endpoint.unix(swarm.socket("node1"))));
        for (long length : new long[] {0, 1, 2048}) {
            var request =
                    DownloadTaskRequest.newBuilder()
                            .setDownload(
                                    Download.newBuilder()
                                            .setUrl(origin.url() + blob)
                                            .setPieceLength(length))
                            .build();
            assertCode(
                    () -> stub.downloadTask(request).forEachRemaining(message -> {}),
                    length == 0 ? Status.Code.INVALID_ARGUMENT : Status.Code.FAILED_PRECONDITION);
        }
    }

    @Test
    void pieceNumbersThatNoTaskHasAreNotFound() throws Exception {
        String blob = origin.addBlob(73, PIECE + 1);
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        String taskId = blob.substring(blob.lastIndexOf(':') + 1);
        var stub = upload(one);
        for (int number : new int[] {-1, Integer.MIN_VALUE, 2, Integer.MAX_VALUE}) {
            assertCode(
                    () ->
                            stub.downloadPiece(
                                    DownloadPieceRequest.newBuilder()
                                            .setTaskId(taskId)
                                            .setPieceNumber(number)
                                            .build()),
                    Status.Code.NOT_FOUND);
        }
        var heard = new ArrayList<Integer>();
        stub.syncPieces(
                        SyncPiecesRequest.newBuilder()
                                .setTaskId(taskId)
                                .addAllInterestedPieceNumbers(
                                        List.of(-1, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 2))
                                .build())
                .forEachRemaining(message -> heard.add(message.getNumber()));
        assertThat(heard).containsExactly(1);
    }

    @Test
    void aSyncPiecesOfFifteenMegabytesIsRefusedUnread() throws Exception {
        String blob = origin.addBlob(74, PIECE);
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        String taskId = blob.substring(blob.lastIndexOf(':') + 1);
        var stub = upload(one);
        var huge =
                SyncPiecesRequest.newBuilder()
                        .setTaskId(taskId)
                        .addAllInterestedPieceNumbers(
                                IntStream.range(0, 15 << 20).map(i -> i & 0x7f)::iterator)
                        .build();
        assertCode(
                () -> stub.syncPieces(huge).forEachRemaining(message -> {}),
                Status.Code.RESOURCE_EXHAUSTED);
        var all =
                SyncPiecesRequest.newBuilder()
                        .setTaskId(taskId)
                        .addAllInterestedPieceNumbers(IntStream.range(0, 1 << 16)::iterator)
                        .build();
        assertThat(stub.syncPieces(all).next().getNumber()).isZero();
    }
}
