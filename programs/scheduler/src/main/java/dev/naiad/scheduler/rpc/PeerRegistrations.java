package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.PEER_ID;
import static dev.naiad.scheduler.rpc.SchedulerLogLines.TASK_ID;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerRequest;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Admission;
import dev.naiad.scheduler.scheduling.Priorities;
import java.time.InstantSource;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes peers into the swarms of their tasks. Safe for threads. */
public final class PeerRegistrations {
    private static final Logger LOG = LoggerFactory.getLogger(PeerRegistrations.class);
    private static final int MAX_DOWNLOAD_BYTES = 128 << 10;

    private final Hosts hosts;
    private final Swarms swarms;
    private final SeedStart seeds;
    private final Supplier<Priorities> priorities;
    private final RateLimit rate;
    private final SchedulerMetrics metrics;
    private final InstantSource clock;

    public PeerRegistrations(
            Hosts hosts,
            Swarms swarms,
            SeedStart seeds,
            Supplier<Priorities> priorities,
            RateLimit rate,
            SchedulerMetrics metrics,
            InstantSource clock) {
        this.hosts = hosts;
        this.swarms = swarms;
        this.seeds = seeds;
        this.priorities = priorities;
        this.rate = rate;
        this.metrics = metrics;
        this.clock = clock;
    }

    /** Who wants to register, and how urgently. */
    record Applicant(Host host, Priority priority) {
        SchedulerMetrics.Kind kind() {
            return SchedulerMetrics.Kind.of(priority, host);
        }
    }

    /**
     * Refuses what costs too much. A registration is kept for hours; the first of a stream is paid
     * for by the call, each further one here.
     *
     * @throws NaiadException INVALID_ARGUMENT, RESOURCE_EXHAUSTED
     */
    void checkCost(Download download, boolean further) {
        if (download.getSerializedSize() > MAX_DOWNLOAD_BYTES) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "download of more than " + MAX_DOWNLOAD_BYTES + " bytes");
        }
        if (further && !rate.take()) {
            throw new NaiadException(
                    ErrorKind.RESOURCE_EXHAUSTED,
                    "the registration is rejected by the rate limiter, please retry later");
        }
    }

    /**
     * The host that sent a request, and the priority of what it wants.
     *
     * @throws NaiadException NOT_FOUND if the host has not announced itself
     */
    Applicant applicant(String hostId, Download download) {
        return new Applicant(hosts.get(hostId), priorities.get().of(download));
    }

    /**
     * Takes the peer in unless it is refused, and has a seed started where that is to happen.
     *
     * @param source address of the caller
     */
    Admission admit(AnnouncePeerRequest request, Applicant applicant, String source) {
        var now = clock.instant();
        var host = applicant.host();
        var priority = applicant.priority();
        var taskId = request.getTaskId();
        var registration = request.getRegisterPeerRequest();
        var download = registration.getDownload();
        metrics.registered(priority, host);
        var admission =
                swarms.callOrCreate(
                        taskId,
                        now,
                        swarm -> {
                            var peer = swarm.join(request.getPeerId(), host, download, source, now);
                            var decided = Admission.of(swarm, peer, priority, seeds.any(), now);
                            if (registration.getNaiadMesh()) {
                                swarm.enterMesh(peer);
                            }
                            return decided;
                        });
        LOG.atInfo()
                .addKeyValue(TASK_ID, taskId)
                .addKeyValue(PEER_ID, request.getPeerId())
                .log("{}: {}", SchedulerLogLines.REGISTERED, admission);
        switch (admission) {
            case Admission.Refused _ -> metrics.registerFailed(priority, host);
            case Admission.Schedule(var triggerSeed) -> {
                if (triggerSeed) {
                    seeds.start(swarms.get(taskId), taskId, download);
                }
            }
            case Admission.Empty _, Admission.MetadataOnly _ -> {}
        }
        return admission;
    }
}
