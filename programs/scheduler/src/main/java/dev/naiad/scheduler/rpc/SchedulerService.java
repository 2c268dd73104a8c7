package dev.naiad.scheduler.rpc;

import com.google.protobuf.Empty;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.CachePeer;
import dev.naiad.dragonfly.api.common.CacheTask;
import dev.naiad.dragonfly.api.common.Task;
import dev.naiad.dragonfly.api.scheduler.AnnounceCachePeerRequest;
import dev.naiad.dragonfly.api.scheduler.AnnounceCachePeerResponse;
import dev.naiad.dragonfly.api.scheduler.AnnounceHostRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerRequest;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.dragonfly.api.scheduler.DeleteCachePeerRequest;
import dev.naiad.dragonfly.api.scheduler.DeleteCacheTaskRequest;
import dev.naiad.dragonfly.api.scheduler.DeleteHostRequest;
import dev.naiad.dragonfly.api.scheduler.DeletePeerRequest;
import dev.naiad.dragonfly.api.scheduler.DeleteTaskRequest;
import dev.naiad.dragonfly.api.scheduler.ListHostsRequest;
import dev.naiad.dragonfly.api.scheduler.ListHostsResponse;
import dev.naiad.dragonfly.api.scheduler.PreheatFileRequest;
import dev.naiad.dragonfly.api.scheduler.PreheatImageRequest;
import dev.naiad.dragonfly.api.scheduler.SchedulerGrpc;
import dev.naiad.dragonfly.api.scheduler.StatCachePeerRequest;
import dev.naiad.dragonfly.api.scheduler.StatCacheTaskRequest;
import dev.naiad.dragonfly.api.scheduler.StatFileRequest;
import dev.naiad.dragonfly.api.scheduler.StatFileResponse;
import dev.naiad.dragonfly.api.scheduler.StatImageRequest;
import dev.naiad.dragonfly.api.scheduler.StatImageResponse;
import dev.naiad.dragonfly.api.scheduler.StatPeerRequest;
import dev.naiad.dragonfly.api.scheduler.StatTaskRequest;
import dev.naiad.net.grpc.GrpcStatus;
import dev.naiad.scheduler.gc.Collector;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.seed.Seeds;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code scheduler.v2.Scheduler}. Persistent tasks answer UNIMPLEMENTED with the method's name (the
 * base class does), preheat and stat jobs FAILED_PRECONDITION, the cache kind the original's empty
 * OK.
 */
public final class SchedulerService extends SchedulerGrpc.SchedulerImplBase {
    private static final Logger LOG = LoggerFactory.getLogger(SchedulerService.class);
    private static final int MIN_PORT = 1024;
    private static final int MAX_PORT = 65534;

    /** Daemons send less than 1 KiB. */
    private static final int MAX_HOST_BYTES = 8 << 10;

    private final Hosts hosts;
    private final Swarms swarms;
    private final Seeds seeds;
    private final Collector collector;
    private final Conversations conversations;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;

    public SchedulerService(
            Hosts hosts,
            Swarms swarms,
            Seeds seeds,
            Collector collector,
            Conversations conversations,
            SchedulerMetrics metrics,
            InstantSource clock) {
        this.hosts = hosts;
        this.swarms = swarms;
        this.seeds = seeds;
        this.collector = collector;
        this.conversations = conversations;
        this.metrics = metrics;
        this.clock = clock;
    }

    @Override
    public StreamObserver<AnnouncePeerRequest> announcePeer(
            StreamObserver<AnnouncePeerResponse> out) {
        return conversations.open((ServerCallStreamObserver<AnnouncePeerResponse>) out);
    }

    @Override
    public void announceHost(AnnounceHostRequest request, StreamObserver<Empty> out) {
        answer(
                ok -> metrics.hostAnnounced(request.getHost(), ok),
                out,
                () -> {
                    var host = request.getHost();
                    require(!host.getId().isEmpty(), "host.id is empty");
                    require(!host.getHostname().isEmpty(), "host.hostname is empty");
                    require(!host.getIp().isEmpty(), "host.ip is empty");
                    require(
                            isPort(host.getPort()),
                            "host.port " + host.getPort() + " is outside 1024..65534");
                    require(
                            isPort(host.getDownloadPort()),
                            "host.download_port "
                                    + host.getDownloadPort()
                                    + " is outside 1024..65534");
                    require(
                            host.getSerializedSize() <= MAX_HOST_BYTES,
                            "host of more than " + MAX_HOST_BYTES + " bytes");
                    var interval = request.getInterval();
                    boolean isNew = hosts.find(host.getId()).isEmpty();
                    var known =
                            hosts.announce(
                                    new Host.Announcement(
                                            host,
                                            Duration.ofSeconds(
                                                    interval.getSeconds(), interval.getNanos()),
                                            CallerAddress.current()),
                                    clock.instant());
                    seeds.announced(known);
                    if (isNew) {
                        LOG.atInfo()
                                .addKeyValue(SchedulerLogLines.HOST_ID, host.getId())
                                .log("announce host {}:{}", host.getIp(), host.getPort());
                    }
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void listHosts(ListHostsRequest request, StreamObserver<ListHostsResponse> out) {
        answer(
                "list_hosts",
                out,
                () -> {
                    var response = ListHostsResponse.newBuilder();
                    hosts.all().stream()
                            .map(Host::facts)
                            .filter(
                                    host ->
                                            !request.hasType()
                                                    || host.getType() == request.getType())
                            .forEach(response::addHosts);
                    return response.build();
                });
    }

    @Override
    public void deleteHost(DeleteHostRequest request, StreamObserver<Empty> out) {
        answer(
                "leave_host",
                out,
                () -> {
                    collector.remove(hosts.get(request.getHostId()));
                    seeds.refresh();
                    LOG.atInfo()
                            .addKeyValue(SchedulerLogLines.HOST_ID, request.getHostId())
                            .log("delete host");
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void statPeer(
            StatPeerRequest request, StreamObserver<dev.naiad.dragonfly.api.common.Peer> out) {
        answer(
                "stat_peer",
                out,
                () ->
                        swarms.get(request.getTaskId())
                                .call(
                                        swarm ->
                                                SchedulerMessages.peer(
                                                        swarm, swarm.get(request.getPeerId()))));
    }

    @Override
    public void deletePeer(DeletePeerRequest request, StreamObserver<Empty> out) {
        answer(
                "leave_peer",
                out,
                () -> {
                    // compat: OK even for a peer nobody knows
                    swarms.find(request.getTaskId())
                            .ifPresent(
                                    entry ->
                                            entry.call(
                                                    swarm -> {
                                                        swarm.find(request.getPeerId())
                                                                .ifPresent(swarm::remove);
                                                        return true;
                                                    }));
                    return Empty.getDefaultInstance();
                });
    }

    @Override
    public void statTask(StatTaskRequest request, StreamObserver<Task> out) {
        answer(
                "stat_task",
                out,
                () ->
                        swarms.get(request.getTaskId())
                                .call(swarm -> SchedulerMessages.task(swarm, true)));
    }

    @Override
    public void deleteTask(DeleteTaskRequest request, StreamObserver<Empty> out) {
        answer(
                "leave_task",
                out,
                () -> {
                    var host = hosts.get(request.getHostId());
                    swarms.find(request.getTaskId())
                            .ifPresent(entry -> entry.call(swarm -> removePeersOf(swarm, host)));
                    return Empty.getDefaultInstance();
                });
    }

    private static boolean removePeersOf(Swarm swarm, Host host) {
        for (Peer peer : List.copyOf(swarm.peers())) {
            if (peer.host() == host) {
                swarm.remove(peer);
            }
        }
        return true;
    }

    // --- the cache kind: the original answers OK and does nothing ---

    @Override
    public StreamObserver<AnnounceCachePeerRequest> announceCachePeer(
            StreamObserver<AnnounceCachePeerResponse> out) {
        out.onCompleted();
        return new StreamObserver<>() {
            @Override
            public void onNext(AnnounceCachePeerRequest ignored) {}

            @Override
            public void onError(Throwable ignored) {}

            @Override
            public void onCompleted() {}
        };
    }

    @Override
    public void statCachePeer(StatCachePeerRequest request, StreamObserver<CachePeer> out) {
        single(out, CachePeer.getDefaultInstance());
    }

    @Override
    public void statCacheTask(StatCacheTaskRequest request, StreamObserver<CacheTask> out) {
        single(out, CacheTask.getDefaultInstance());
    }

    @Override
    public void deleteCachePeer(DeleteCachePeerRequest request, StreamObserver<Empty> out) {
        single(out, Empty.getDefaultInstance());
    }

    @Override
    public void deleteCacheTask(DeleteCacheTaskRequest request, StreamObserver<Empty> out) {
        single(out, Empty.getDefaultInstance());
    }

    // --- jobs need Redis, which this scheduler does without ---

    @Override
    public void preheatImage(PreheatImageRequest request, StreamObserver<Empty> out) {
        answer("preheat_image", out, () -> noJobs(Empty.getDefaultInstance()));
    }

    @Override
    public void preheatFile(PreheatFileRequest request, StreamObserver<Empty> out) {
        answer("preheat_file", out, () -> noJobs(Empty.getDefaultInstance()));
    }

    @Override
    public void statImage(StatImageRequest request, StreamObserver<StatImageResponse> out) {
        answer("stat_image", out, () -> noJobs(StatImageResponse.getDefaultInstance()));
    }

    @Override
    public void statFile(StatFileRequest request, StreamObserver<StatFileResponse> out) {
        answer("stat_file", out, () -> noJobs(StatFileResponse.getDefaultInstance()));
    }

    private static <T> T noJobs(T unused) {
        throw new NaiadException(ErrorKind.FAILED_PRECONDITION, "job is not enabled");
    }

    // --- shared ---

    private static boolean isPort(int port) {
        return port >= MIN_PORT && port <= MAX_PORT;
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "invalid request: " + otherwise);
        }
    }

    private <T> void answer(String metric, StreamObserver<T> out, Supplier<T> work) {
        answer(ok -> metrics.called(metric, ok), out, work);
    }

    private static <T> void answer(
            Consumer<Boolean> count, StreamObserver<T> out, Supplier<T> work) {
        T result;
        try {
            result = work.get();
        } catch (NaiadException failure) {
            count.accept(false);
            out.onError(GrpcStatus.of(failure).asRuntimeException());
            return;
        }
        count.accept(true);
        single(out, result);
    }

    private static <T> void single(StreamObserver<T> out, T message) {
        out.onNext(message);
        out.onCompleted();
    }
}
