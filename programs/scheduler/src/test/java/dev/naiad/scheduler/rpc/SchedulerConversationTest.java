package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.resource.Fixtures.download;
import static dev.naiad.scheduler.resource.Fixtures.piece;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import dev.naiad.base.metrics.MetricRegistry;
import dev.naiad.base.time.Ticker;
import dev.naiad.dragonfly.api.common.Build;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Network;
import dev.naiad.dragonfly.api.common.Range;
import dev.naiad.dragonfly.api.dfdaemon.DfdaemonUploadGrpc;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskRequest;
import dev.naiad.dragonfly.api.dfdaemon.DownloadTaskResponse;
import dev.naiad.dragonfly.api.scheduler.AnnounceHostRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse.ResponseCase;
import dev.naiad.dragonfly.api.scheduler.DeleteHostRequest;
import dev.naiad.dragonfly.api.scheduler.DeletePersistentTaskRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPeerFailedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceBackToSourceFinishedRequest;
import dev.naiad.dragonfly.api.scheduler.DownloadPieceFailedRequest;
import dev.naiad.dragonfly.api.scheduler.ListHostsRequest;
import dev.naiad.dragonfly.api.scheduler.PreheatFileRequest;
import dev.naiad.dragonfly.api.scheduler.RegisterPeerRequest;
import dev.naiad.dragonfly.api.scheduler.ReschedulePeerRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import dev.naiad.dragonfly.api.scheduler.StatPeerRequest;
import dev.naiad.dragonfly.api.scheduler.StatTaskRequest;
import dev.naiad.net.grpc.EventLoops;
import dev.naiad.net.grpc.GrpcChannel;
import dev.naiad.net.grpc.GrpcServer;
import dev.naiad.net.wire.Endpoint;
import dev.naiad.scheduler.gc.Collector;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Evaluator;
import dev.naiad.scheduler.scheduling.Priorities;
import dev.naiad.scheduler.scheduling.Scheduling;
import dev.naiad.scheduler.scheduling.SchedulingLimits;
import dev.naiad.scheduler.seed.GrpcSeedTrigger;
import dev.naiad.scheduler.seed.Seeds;
import dev.naiad.scheduler.seed.TrustedSeeds;
import dev.naiad.testkit.Await;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The conversations of docs/protocols/dragonfly.md over real gRPC, with a real seed server. */
class SchedulerConversationTest {
    private static final String TASK =
            "c12dc1c815c752b37b28deef259b7cdb8b7fd2874ce63efdccb734f687b1eb26";

    private final EventLoops loops = new EventLoops("test", 1);
    private final MetricRegistry metrics = new MetricRegistry();
    private final Seed seed = new Seed();
    private final Hosts hosts = new Hosts();
    private final Swarms swarms = new Swarms(200);
    private final Seeds seeds = new Seeds(hosts, TrustedSeeds.ANY);
    private final GrpcSeedTrigger trigger =
            new GrpcSeedTrigger(address -> GrpcChannel.open(Endpoint.parse(address), loops));
    private final GrpcServer seedServer =
            new GrpcServer(
                    "seed",
                    Endpoint.tcp("127.0.0.1", 0),
                    loops,
                    GrpcServer.Options.DEFAULT.withStopDeadline(Duration.ZERO),
                    List.of(seed));
    private final GrpcServer server =
            new GrpcServer(
                    "scheduler",
                    Endpoint.tcp("127.0.0.1", 0),
                    loops,
                    GrpcServer.Options.DEFAULT
                            .withStopDeadline(Duration.ZERO)
                            .withInterceptors(
                                    List.of(
                                            new CallMetrics(metrics),
                                            new CallerAddress(),
                                            new EarlyHeaders())),
                    List.of(service()));
    private GrpcChannel channel;

    private volatile SchedulingLimits limits =
            new SchedulingLimits(3, 15, 4, 5, Duration.ofMillis(50), Duration.ofSeconds(60));
    private final AtomicInteger looks = new AtomicInteger();

    private SchedulerService service() {
        var clock = InstantSource.system();
        var counted = new SchedulerMetrics(metrics);
        var registrations =
                new PeerRegistrations(
                        hosts,
                        swarms,
                        new SeedStart(seeds, trigger, clock),
                        () -> {
                            looks.incrementAndGet();
                            return Priorities.NONE;
                        },
                        new RateLimit(100, () -> 0),
                        counted,
                        clock);
        var outlets = new Outlets();
        var parents =
                new ParentOffer(
                        new Scheduling(new Evaluator(), new Random(1)),
                        () -> {
                            looks.incrementAndGet();
                            return limits;
                        },
                        counted,
                        outlets,
                        clock);
        var collector =
                new Collector(
                        hosts,
                        swarms,
                        new Collector.Timeouts(
                                Duration.ofHours(1), Duration.ofHours(1), Duration.ofHours(1)));
        return new SchedulerService(
                hosts,
                swarms,
                seeds,
                collector,
                new Conversations(hosts, swarms, registrations, parents, counted, outlets, clock),
                counted,
                clock);
    }

    /** A seed whose server takes requests and ends them when the test says so. */
    private static final class Seed extends DfdaemonUploadGrpc.DfdaemonUploadImplBase {
        final BlockingQueue<Download> asked = new LinkedBlockingQueue<>();
        final BlockingQueue<StreamObserver<DownloadTaskResponse>> open =
                new LinkedBlockingQueue<>();

        @Override
        public void downloadTask(
                DownloadTaskRequest request, StreamObserver<DownloadTaskResponse> out) {
            open.add(out);
            asked.add(request.getDownload());
        }
    }

    @BeforeEach
    void serve() {
        seedServer.start();
        server.start();
        channel = GrpcChannel.open(server.endpoint(), loops);
    }

    @AfterEach
    void stop() {
        channel.close();
        trigger.close();
        server.close();
        seedServer.close();
        loops.close();
    }

    @Test
    void firstNodeGetsTheSeedThatItsRegistrationTriggered() throws Exception {
        announce("seed1", true);
        announce("node1", false);
        var unknown =
                UnknownFieldSet.newBuilder()
                        .addField(34, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                        .build();
        var c =
                client("node1", "c1")
                        .register(
                                download().toBuilder()
                                        .setOutputPath("/tmp/x")
                                        .putRequestHeader("Authorization", "Bearer s3cret")
                                        .setUnknownFields(unknown)
                                        .build());
        var asked = seed.asked.poll(60, TimeUnit.SECONDS);
        assertThat(asked).isNotNull();
        assertThat(asked.getNeedBackToSource()).isTrue();
        assertThat(asked.hasOutputPath()).isFalse();
        assertThat(asked.getUnknownFields()).isEqualTo(unknown);
        assertThat(asked.getRequestHeaderMap()).containsEntry("Authorization", "Bearer s3cret");

        var d = client("seed1-seed", "d1").register(asked);
        assertThat(d.response().getResponseCase())
                .isEqualTo(ResponseCase.NEED_BACK_TO_SOURCE_RESPONSE);
        d.sourceStarted();
        var parents = c.response().getNormalTaskResponse().getCandidateParentsList();
        assertThat(parents).hasSize(1);
        var parent = parents.getFirst();
        assertThat(parent.getId()).isEqualTo("d1");
        assertThat(parent.getState()).isEqualTo("BackToSource");
        assertThat(parent.getHost().getPort()).isEqualTo(seedServer.port());
        assertThat(parent.getTask().getRequestHeaderMap()).isEmpty();
        assertThat(parent.hasCost() && parent.hasCreatedAt() && parent.hasUpdatedAt()).isTrue();

        c.started();
        d.send(
                d.message()
                        .setDownloadPieceBackToSourceFinishedRequest(
                                DownloadPieceBackToSourceFinishedRequest.newBuilder()
                                        .setPiece(piece(0, ""))));
        assertThat(d.sourceFinished().end().isOk()).isTrue();
        assertThat(c.finished().end().isOk()).isTrue();
        seed.open.take().onCompleted();
        var task =
                SchedulerGrpc.newBlockingStub(channel.channel())
                        .statTask(
                                StatTaskRequest.newBuilder()
                                        .setHostId("h")
                                        .setTaskId(TASK)
                                        .build());
        assertThat(task.getState()).isEqualTo("Succeeded");
        assertThat(task.getPiecesCount()).isEqualTo(1);
        assertThat(task.getContentLength()).isEqualTo(20 << 20);
        assertThat(task.getRequestHeaderMap()).isEmpty();

        // The second node: no new request to the seed, both as parents.
        announce("node2", false);
        var c2 = client("node2", "c2").register(download());
        assertThat(c2.response().getNormalTaskResponse().getCandidateParentsList())
                .extracting(dev.naiad.dragonfly.api.common.Peer::getId)
                .containsExactlyInAnyOrder("c1", "d1");
        assertThat(seed.asked).isEmpty();
        assertThat(metrics.text())
                .contains("dragonfly_scheduler_register_peer_total{")
                .contains(
                        "dragonfly_scheduler_download_peer_finished_total{priority=\"LEVEL0\",task_type=\"STANDARD\",host_type=\"super\"} 1")
                .contains(
                        "grpc_server_handled_total{grpc_type=\"unary\",grpc_service=\"scheduler.v2.Scheduler\",grpc_method=\"StatTask\",grpc_code=\"OK\"} 1")
                .contains(
                        "grpc_server_started_total{grpc_type=\"bidi_stream\",grpc_service=\"scheduler.v2.Scheduler\",grpc_method=\"AnnouncePeer\"} 3");
    }

    @Test
    void withoutASeedTheOriginIsNamedAtOnceAndTheSecondPeerFollows() throws Exception {
        announce("node1", false);
        announce("node2", false);
        var c1 = client("node1", "c1").register(download());
        assertThat(c1.response().getResponseCase())
                .isEqualTo(ResponseCase.NEED_BACK_TO_SOURCE_RESPONSE);
        c1.sourceStarted();
        var c2 = client("node2", "c2").register(download());
        assertThat(c2.response().getNormalTaskResponse().getCandidateParents(0).getId())
                .isEqualTo("c1");
        // c1 dies: nobody is left, so c2 is sent to the origin after its rounds.
        c1.hangUp();
        c2.started()
                .send(
                        c2.message()
                                .setDownloadPieceFailedRequest(
                                        DownloadPieceFailedRequest.newBuilder()
                                                .setPieceNumber(0)
                                                .setParentId("c1")
                                                .setTemporary(true)))
                .send(
                        c2.message()
                                .setReschedulePeerRequest(
                                        ReschedulePeerRequest.newBuilder()
                                                .addCandidateParents(
                                                        dev.naiad.dragonfly.api.common.Peer
                                                                .newBuilder()
                                                                .setId("c1"))));
        assertThat(c2.response().getResponseCase())
                .isEqualTo(ResponseCase.NEED_BACK_TO_SOURCE_RESPONSE);
        assertThat(c2.sourceStarted().sourceFinished().end().isOk()).isTrue();
        assertThat(state("c2")).isEqualTo("Succeeded");
    }

    @Test
    void whenTheSeedFailsTheWaitingPeerIsSentToTheOrigin() throws Exception {
        announce("seed1", true);
        announce("node1", false);
        var c = client("node1", "c1").register(download());
        seed.open.take().onError(Status.INTERNAL.withDescription("no space").asRuntimeException());
        assertThat(c.response().getResponseCase())
                .isEqualTo(ResponseCase.NEED_BACK_TO_SOURCE_RESPONSE);
    }

    @Test
    void theSeedsFetchGoesOnWhenThePeerThatCausedItHangsUp() throws Exception {
        announce("seed1", true);
        announce("node1", false);
        announce("node2", false);
        var first = client("node1", "c1").register(download());
        var fetch = (ServerCallStreamObserver<DownloadTaskResponse>) seed.open.take();
        first.hangUp();
        Await.until(
                "the first peer is given up",
                Duration.ofSeconds(30),
                () -> state("c1").equals("Failed"));
        var second = client("node2", "c2").register(download());
        assertThat(fetch.isCancelled()).isFalse();
        var seedsPeer =
                client("seed1-seed", "d1")
                        .register(download().toBuilder().setNeedBackToSource(true).build());
        seedsPeer.response();
        seedsPeer.sourceStarted();
        assertThat(second.response().getNormalTaskResponse().getCandidateParents(0).getId())
                .isEqualTo("d1");
        assertThat(fetch.isCancelled()).isFalse();
        assertThat(seed.asked).hasSize(1);
    }

    @Test
    void aPeerThatJoinsMakesNoWaitingPeerLookAgain() throws Exception {
        limits = new SchedulingLimits(3, 15, 4, 5, Duration.ofMinutes(5), Duration.ofMinutes(5));
        announce("seed1", true);
        for (int i = 0; i < 20; i++) {
            announce("node" + i, false);
            client("node" + i, "c" + i).register(download());
            int registered = i + 1;
            // The configuration is read for the priority, the length of a round, and each look.
            Await.until("peer " + i + " waits", () -> looks.get() >= 3 * registered);
        }
        assertThat(looks.get()).isEqualTo(3 * 20);
    }

    @Test
    void aStreamSpeaksOnlyForPeersThatRegisteredOnIt() throws Exception {
        announce("node1", false);
        announce("node2", false);
        var victim = client("node1", "c1").register(download());
        victim.response();
        victim.sourceStarted();
        var attacker = client("node2", "c2").register(download());
        attacker.response();
        attacker.send(
                attacker.message()
                        .setPeerId("c1")
                        .setDownloadPeerFailedRequest(
                                DownloadPeerFailedRequest.getDefaultInstance()));
        assertThat(attacker.end().getCode()).isEqualTo(Status.Code.NOT_FOUND);
        assertThat(state("c1")).isEqualTo("BackToSource");
    }

    @Test
    void oneStreamCannotRegisterWithoutEnd() throws Exception {
        announce("node1", false);
        var peer = client("node1", "c0");
        for (int i = 0; i <= 16; i++) {
            peer.send(
                    peer.message()
                            .setPeerId("c" + i)
                            .setRegisterPeerRequest(
                                    RegisterPeerRequest.newBuilder()
                                            .setDownload(
                                                    download().toBuilder().setMetadataOnly(true))));
        }
        for (int i = 0; i < 16; i++) {
            peer.response();
        }
        assertThat(peer.end().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);

        // Registering the same peer again costs a token each time; the bucket holds 100.
        var again = client("node1", "d");
        for (int i = 0; i < 102; i++) {
            again.register(download().toBuilder().setMetadataOnly(true).build());
        }
        Status end = null;
        while (end == null) {
            end = again.event() instanceof Status status ? status : null;
        }
        assertThat(end.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void hostsIdsAndRequestsBeyondAllReasonAreRefused() throws Exception {
        var large = "x".repeat(200_000);
        assertThatThrownBy(() -> announce(large, false))
                .hasMessageContaining("INVALID_ARGUMENT")
                .hasMessageContaining("8192 bytes");
        announce("node1", false);
        assertThat(client("node1", large).register(download()).end().getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(
                        client("node1", "c1")
                                .register(download().toBuilder().setUrl(large).build())
                                .end()
                                .getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    @Test
    void aPriorityThatIsNotDefinedIsAccepted() throws Exception {
        announce("node1", false);
        announce("node2", false);
        var c1 = client("node1", "c1").register(download().toBuilder().setPriorityValue(7).build());
        assertThat(c1.response().getResponseCase())
                .isEqualTo(ResponseCase.NEED_BACK_TO_SOURCE_RESPONSE);
        c1.sourceStarted();
        var c2 = client("node2", "c2").register(download());
        assertThat(c2.response().getNormalTaskResponse().getCandidateParents(0).getPriorityValue())
                .isEqualTo(7);
    }

    @Test
    void aSeedWhoseCallWasCutShortIsAskedAgain() throws Exception {
        announce("seed1", true);
        announce("node1", false);
        client("node1", "c1").register(download());
        seed.open.take().onError(Status.CANCELLED.asRuntimeException());
        Await.until(
                "the call is over",
                Duration.ofSeconds(30),
                () -> swarms.find(TASK).orElseThrow().call(swarm -> swarm.triggeredAt().isEmpty()));
        announce("node2", false);
        client("node2", "c2").register(download());
        assertThat(seed.asked.poll(30, TimeUnit.SECONDS)).isNotNull();
        assertThat(seed.asked.poll(30, TimeUnit.SECONDS)).isNotNull();
    }

    @Test
    void anEmptyTaskIsSaidToBeEmpty() throws Exception {
        announce("node1", false);
        var c =
                client("node1", "c1")
                        .register(
                                download().toBuilder()
                                        .setActualContentLength(0)
                                        .setActualPieceCount(0)
                                        .build());
        assertThat(c.response().getResponseCase()).isEqualTo(ResponseCase.EMPTY_TASK_RESPONSE);
        assertThat(c.started().finished().end().isOk()).isTrue();
    }

    @Test
    void aPeerThatHoldsEverythingSaysSo() throws Exception {
        announce("node1", false);
        announce("node2", false);
        var c1 =
                client("node1", "c1")
                        .register(download().toBuilder().setMetadataOnly(true).build());
        assertThat(c1.response().getResponseCase()).isEqualTo(ResponseCase.METADATA_ONLY_RESPONSE);
        assertThat(c1.started().finished().end().isOk()).isTrue();
        var c2 = client("node2", "c2").register(download());
        assertThat(c2.response().getNormalTaskResponse().getCandidateParents(0).getId())
                .isEqualTo("c1");
    }

    @Test
    void aRangedPeerDoesNotMakeTheTaskComplete() throws Exception {
        announce("node1", false);
        var c =
                client("node1", "c1")
                        .register(
                                download().toBuilder()
                                        .setRange(Range.newBuilder().setLength(4096))
                                        .build());
        c.response();
        assertThat(c.sourceStarted().sourceFinished().end().isOk()).isTrue();
        String taskState = swarms.find(TASK).orElseThrow().call(swarm -> swarm.state().text());
        assertThat(taskState).isEqualTo("Running");
    }

    @Test
    void unknownThingsAreNamedInTheStatus() throws Exception {
        assertThat(client("nobody", "c1").register(download()).end())
                .satisfies(
                        status -> {
                            assertThat(status.getCode()).isEqualTo(Status.Code.NOT_FOUND);
                            assertThat(status.getDescription())
                                    .isEqualTo("host 127.0.0.1-nobody not found");
                        });
        assertThat(client("nobody", "").register(download()).end().getCode())
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        announce("node1", false);
        assertThat(client("node1", "c9").started().end().getCode())
                .isEqualTo(Status.Code.NOT_FOUND);
        var stub = SchedulerGrpc.newBlockingStub(channel.channel());
        assertThatThrownBy(
                        () ->
                                stub.statPeer(
                                        StatPeerRequest.newBuilder()
                                                .setTaskId("t")
                                                .setPeerId("p")
                                                .build()))
                .isInstanceOf(StatusRuntimeException.class)
                .hasMessageContaining("NOT_FOUND: task t not found");
        assertThatThrownBy(
                        () ->
                                stub.deletePersistentTask(
                                        DeletePersistentTaskRequest.getDefaultInstance()))
                .hasMessageContaining("UNIMPLEMENTED")
                .hasMessageContaining("DeletePersistentTask");
        assertThatThrownBy(() -> stub.preheatFile(PreheatFileRequest.getDefaultInstance()))
                .hasMessageContaining("FAILED_PRECONDITION");
    }

    @Test
    void hostsAreListedAndForgottenWithTheirPeers() throws Exception {
        announce("seed1", true);
        announce("node1", false);
        var stub = SchedulerGrpc.newBlockingStub(channel.channel());
        assertThat(stub.listHosts(ListHostsRequest.getDefaultInstance()).getHostsCount())
                .isEqualTo(2);
        assertThat(
                        stub.listHosts(ListHostsRequest.newBuilder().setType(1).build())
                                .getHosts(0)
                                .getId())
                .isEqualTo("127.0.0.1-seed1-seed");
        assertThat(seeds.any()).isTrue();
        var deleted =
                stub.deleteHost(
                        DeleteHostRequest.newBuilder().setHostId("127.0.0.1-seed1-seed").build());
        assertThat(deleted).isNotNull();
        assertThat(seeds.any()).isFalse();
        assertThatThrownBy(
                        () ->
                                stub.deleteHost(
                                        DeleteHostRequest.newBuilder().setHostId("x").build()))
                .hasMessageContaining("NOT_FOUND");
    }

    @Test
    void aCallBeyondTheRateIsRefusedUntilTheBucketFills() {
        var now = new long[1];
        Ticker ticker = () -> now[0];
        var limit = new RateLimit(2, ticker);
        assertThat(limit.take()).isTrue();
        assertThat(limit.take()).isTrue();
        assertThat(limit.take()).isFalse();
        now[0] = 500_000_000;
        assertThat(limit.take()).isTrue();
        assertThat(limit.take()).isFalse();
    }

    private String state(String peerId) {
        return SchedulerGrpc.newBlockingStub(channel.channel())
                .statPeer(
                        StatPeerRequest.newBuilder()
                                .setHostId("h")
                                .setTaskId(TASK)
                                .setPeerId(peerId)
                                .build())
                .getState();
    }

    private Client client(String hostname, String peerId) {
        return new Client(channel.channel(), "127.0.0.1-" + hostname, TASK, peerId);
    }

    @Test
    void announcementsAndRefusedReportsAreCountedWithTheLabelsOfTheOriginal() throws Exception {
        var host =
                dev.naiad.dragonfly.api.common.Host.newBuilder()
                        .setId("h")
                        .setHostname("h")
                        .setIp("127.0.0.1")
                        .setPort(4000)
                        .setDownloadPort(4000)
                        .setOs("linux")
                        .setPlatform("linux")
                        .setPlatformFamily("unix")
                        .setPlatformVersion("13")
                        .setKernelVersion("6.12")
                        .setBuild(Build.newBuilder().setGitVersion("1.5.1").setGitCommit("abc"));
        var scheduler = SchedulerGrpc.newBlockingStub(channel.channel());
        var announced = AnnounceHostRequest.newBuilder().setHost(host).build();
        assertThat(scheduler.announceHost(announced)).isNotNull();
        var refused =
                AnnounceHostRequest.newBuilder()
                        .setHost(host.setOs("x".repeat(2000)).setPort(1))
                        .build();
        assertThatThrownBy(() -> scheduler.announceHost(refused)).hasMessageContaining("host.port");
        assertThat(client("h", "nobody").started().end().isOk()).isFalse();
        String labels =
                "platform=\"linux\",platform_family=\"unix\",platform_version=\"13\","
                        + "kernel_version=\"6.12\",git_version=\"1.5.1\",git_commit=\"abc\","
                        + "go_version=\"\",build_platform=\"\"} 1";
        String peer = "{priority=\"LEVEL0\",task_type=\"STANDARD\",host_type=\"normal\"} 1";
        assertThat(metrics.text())
                .contains("dragonfly_scheduler_announce_host_total{os=\"linux\"," + labels)
                .contains(
                        "dragonfly_scheduler_announce_host_failure_total{os=\""
                                + "x".repeat(128)
                                + "\","
                                + labels)
                .contains("dragonfly_scheduler_download_peer_started_total" + peer)
                .contains("dragonfly_scheduler_download_peer_started_failure_total" + peer);
    }

    private void announce(String hostname, boolean isSeed) {
        var host =
                dev.naiad.dragonfly.api.common.Host.newBuilder()
                        .setId("127.0.0.1-" + hostname + (isSeed ? "-seed" : ""))
                        .setType(isSeed ? Host.SEED : 0)
                        .setHostname(hostname)
                        .setIp("127.0.0.1")
                        .setPort(isSeed ? seedServer.port() : 4000)
                        .setDownloadPort(4000)
                        .setNetwork(Network.newBuilder().setMaxTxBandwidth(1_000_000_000));
        var answer =
                SchedulerGrpc.newBlockingStub(channel.channel())
                        .announceHost(AnnounceHostRequest.newBuilder().setHost(host).build());
        assertThat(answer).isNotNull();
    }
}
