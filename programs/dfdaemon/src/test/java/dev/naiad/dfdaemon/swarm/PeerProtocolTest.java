package dev.naiad.dfdaemon.swarm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dfdaemon.main.RunningDfdaemon;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Host;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonDownloadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadPieceRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.StatLocalTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncHostRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesRequest;
import dev.naiad.dragonfly.api.dfdaemon.SyncPiecesResponse;
import dev.naiad.dragonfly.vortex.PieceContent;
import dev.naiad.dragonfly.vortex.PieceRequest;
import dev.naiad.dragonfly.vortex.VortexError;
import dev.naiad.dragonfly.vortex.VortexHeader;
import dev.naiad.dragonfly.vortex.VortexTag;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.testkit.ShortTempDir;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What peers of others see of ours: plain gRPC and plain Vortex, byte by byte. */
final class PeerProtocolTest {
    private static final int PIECE = 4 << 20;

    private final ShortTempDir dir = ShortTempDir.create();
    private final TestOrigin origin = new TestOrigin();
    private final TestSwarm swarm = new TestSwarm(dir.path(), origin);
    private final EventLoops loops = new EventLoops("test", 1);
    private final List<GrpcChannel> channels = new ArrayList<>();
    private String blob = "";
    private String taskId = "";

    @AfterEach
    void stop() throws Exception {
        channels.forEach(GrpcChannel::close);
        loops.close();
        swarm.close();
        origin.close();
        dir.close();
    }

    @BeforeEach
    void content() throws Exception {
        swarm.noScheduler();
        blob = origin.addBlob(41, 2 * PIECE + 11);
        taskId = blob.substring(blob.lastIndexOf(':') + 1);
    }

    private GrpcChannel channel(Endpoint endpoint) {
        GrpcChannel channel = GrpcChannel.open(endpoint, loops);
        channels.add(channel);
        return channel;
    }

    private DfdaemonUploadGrpc.DfdaemonUploadBlockingStub upload(RunningDfdaemon daemon) {
        return DfdaemonUploadGrpc.newBlockingStub(
                channel(Endpoint.tcp("127.0.0.1", daemon.uploadPort())).channel());
    }

    private Iterator<SyncPiecesResponse> sync(RunningDfdaemon daemon, Integer... pieces) {
        return upload(daemon)
                .syncPieces(
                        SyncPiecesRequest.newBuilder()
                                .setHostId("rust")
                                .setTaskId(taskId)
                                .addAllInterestedPieceNumbers(List.of(pieces))
                                .build());
    }

    @Test
    void aChildOfOthersHearsOfThePiecesAndNothingElse() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        var heard = new ArrayList<SyncPiecesResponse>();
        sync(one, 0, 2).forEachRemaining(heard::add);
        assertThat(heard).extracting(SyncPiecesResponse::getNumber).containsExactly(0, 2);
        assertThat(heard).allMatch(SyncPiecesResponse::hasTcpPort);
        assertThat(heard).noneMatch(SyncPiecesResponse::hasNaiadSha256);
        assertThat(heard.get(1).getOffset()).isEqualTo(2L * PIECE);
        assertThat(heard.get(1).getLength()).isEqualTo(11);
    }

    @Test
    void aPieceIsServedToAChildThatClosesItsSideEarly() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        assertServesPieces(sync(one, 1).next().getTcpPort());
        assertThat(swarm.uploaded(one)).isEqualTo(PIECE);
    }

    /** What a Rust child configured for QUIC does with a parent that names no port for it. */
    @Test
    void aPieceIsServedOnTheGrpcPortToo() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        assertServesPieces(one.uploadPort());
        assertThat(swarm.uploaded(one)).isEqualTo(PIECE);
    }

    private void assertServesPieces(int port) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            send(socket, new PieceRequest(7, VortexTag.DOWNLOAD_PIECE, taskId, 1));
            var in = new DataInputStream(socket.getInputStream());
            byte[] head = new byte[VortexHeader.SIZE];
            in.readFully(head);
            VortexHeader header = VortexHeader.read(ByteBuffer.wrap(head));
            assertThat(header.id()).isEqualTo(7);
            assertThat(header.tag()).isEqualTo(VortexTag.PIECE_CONTENT);
            byte[] value = new byte[header.length()];
            in.readFully(value);
            PieceContent content = PieceContent.decode(ByteBuffer.wrap(value));
            assertThat(content.number()).isEqualTo(1);
            assertThat(content.offset()).isEqualTo(PIECE);
            assertThat(content.digest()).startsWith("crc32:");
            socket.shutdownOutput();
            byte[] piece = in.readAllBytes();
            assertThat(piece).isEqualTo(Arrays.copyOfRange(origin.content(blob), PIECE, 2 * PIECE));
        }
    }

    private static void send(Socket socket, PieceRequest request) throws IOException {
        byte[] bytes = new byte[PieceRequest.SIZE];
        request.encode().get(bytes);
        socket.getOutputStream().write(bytes);
    }

    @Test
    void whatIsNotHereIsSaidToBeNotFound() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        int port = sync(one, 0).next().getTcpPort();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            String other = "0".repeat(64);
            send(socket, new PieceRequest(1, VortexTag.DOWNLOAD_PIECE, other, 0));
            byte[] answer = socket.getInputStream().readAllBytes();
            ByteBuffer in = ByteBuffer.wrap(answer);
            assertThat(VortexHeader.read(in).tag()).isEqualTo(VortexTag.ERROR);
            assertThat(VortexError.decode(in).code()).isEqualTo(VortexError.Code.NOT_FOUND);
        }
        Assertions.assertThatThrownBy(
                        () ->
                                upload(one)
                                        .statLocalTask(
                                                StatLocalTaskRequest.newBuilder()
                                                        .setTaskId("1".repeat(64))
                                                        .build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void nonsenseOnThePiecePortClosesTheConnectionAndHurtsNobody() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        int port = sync(one, 0).next().getTcpPort();
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(
                            "GET / HTTP/1.1\r\n\r\n"
                                    .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            assertThat(socket.getInputStream().readAllBytes()).isEmpty();
        } catch (java.net.SocketException reset) {
            assertThat(reset).hasMessageContaining("reset");
        }
        assertThat(sync(one, 0).next().getNumber()).isZero();
    }

    @Test
    void theDeadlineOfAnEndlessCallDoesNotCount() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        var headers = new Metadata();
        headers.put(Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER), "300m");
        Iterator<Host> hosts =
                upload(one)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                        .syncHost(SyncHostRequest.newBuilder().setHostId("rust").build());
        for (int message = 0; message < 3; message++) {
            assertThat(hosts.next().getNetwork().getMaxTxBandwidth()).isPositive();
        }
    }

    @Test
    void requestsToTheOriginAndTheProcessAreMeasured() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        String requests = "dragonfly_client_backend_request_duration_milliseconds_count{scheme=";
        assertThat(swarm.metric(one, requests + "\"http\",method=\"HEAD\"}")).isEqualTo(1);
        assertThat(swarm.metric(one, requests + "\"http\",method=\"GET\"}")).isEqualTo(3);
        assertThat(swarm.metric(one, "process_open_fds")).isPositive();
        assertThat(swarm.metric(one, "process_resident_memory_bytes")).isGreaterThan(1 << 20);
    }

    @Test
    void oldChildrenGetPiecesOverGrpc() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        swarm.get(one, blob);
        var piece =
                upload(one)
                        .withMaxInboundMessageSize(64 << 20)
                        .downloadPiece(
                                DownloadPieceRequest.newBuilder()
                                        .setTaskId(taskId)
                                        .setPieceNumber(2)
                                        .build())
                        .getPiece();
        assertThat(piece.getContent().toByteArray())
                .isEqualTo(
                        Arrays.copyOfRange(
                                origin.content(blob), 2 * PIECE, origin.content(blob).length));
    }

    @Test
    void theNetworkSideWritesNoFiles() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        var target = dir.resolve("written");
        upload(one)
                .downloadTask(
                        DownloadTaskRequest.newBuilder()
                                .setDownload(
                                        Download.newBuilder()
                                                .setUrl(origin.url() + blob)
                                                .setOutputPath(target.toString()))
                                .build())
                .forEachRemaining(message -> assertThat(message.getTaskId()).hasSize(64));
        assertThat(target).doesNotExist();
    }

    @Test
    void bothServicesSayThatTheyServe() throws Exception {
        RunningDfdaemon one = swarm.start("node1");
        for (Endpoint endpoint :
                List.of(
                        Endpoint.tcp("127.0.0.1", one.uploadPort()),
                        Endpoint.unix(swarm.socket("node1")))) {
            for (String service : List.of("", "dfdaemon.v2.DfdaemonUpload")) {
                assertThat(
                                HealthGrpc.newBlockingStub(channel(endpoint).channel())
                                        .check(
                                                HealthCheckRequest.newBuilder()
                                                        .setService(service)
                                                        .build())
                                        .getStatus())
                        .isEqualTo(ServingStatus.SERVING);
            }
        }
        assertThat(
                        DfdaemonDownloadGrpc.newBlockingStub(
                                        channel(Endpoint.unix(swarm.socket("node1"))).channel())
                                .listLocalTasks(
                                        dev.naiad.dragonfly.api.dfdaemon.ListLocalTasksRequest
                                                .getDefaultInstance())
                                .getTasksList())
                .isEmpty();
    }
}
