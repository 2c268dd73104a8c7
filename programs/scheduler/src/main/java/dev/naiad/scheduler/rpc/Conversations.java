package dev.naiad.scheduler.rpc;

import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Swarms;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.InstantSource;

/** Opens the conversations with peers. Safe for threads. */
public final class Conversations {
    private final Hosts hosts;
    private final Swarms swarms;
    private final PeerRegistrations registrations;
    private final ParentOffer parents;
    private final SchedulerMetrics metrics;
    private final Outlets outlets;
    private final InstantSource clock;

    public Conversations(
            Hosts hosts,
            Swarms swarms,
            PeerRegistrations registrations,
            ParentOffer parents,
            SchedulerMetrics metrics,
            Outlets outlets,
            InstantSource clock) {
        this.hosts = hosts;
        this.swarms = swarms;
        this.registrations = registrations;
        this.parents = parents;
        this.metrics = metrics;
        this.outlets = outlets;
        this.clock = clock;
    }

    /** On the thread of the call, whose context it listens to. */
    PeerConversation open(ServerCallStreamObserver<AnnouncePeerResponse> out) {
        return new PeerConversation(
                hosts, swarms, registrations, parents, metrics, outlets, clock, out);
    }
}
