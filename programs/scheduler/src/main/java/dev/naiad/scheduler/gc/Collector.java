package dev.naiad.scheduler.gc;

import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The three sweeps. The time is an argument; who calls them when is the program's business. Safe
 * for threads.
 */
public final class Collector {
    /** A task with more peers than this sheds the finished ones that nobody fetches from. */
    static final int CROWD = 300;

    private final Hosts hosts;
    private final Swarms swarms;
    private final Timeouts timeouts;

    /** After how long without news a thing is gone. */
    public record Timeouts(Duration pieceDownload, Duration peer, Duration host) {}

    /** A collector of these registries. */
    public Collector(Hosts hosts, Swarms swarms, Timeouts timeouts) {
        this.hosts = hosts;
        this.swarms = swarms;
        this.timeouts = timeouts;
    }

    /**
     * One sweep over all peers; what leaves in this one is gone in the next. Returns how many were
     * removed.
     */
    public int collectPeers(Instant now) {
        int removed = 0;
        for (String taskId : List.copyOf(swarms.ids())) {
            removed +=
                    swarms.find(taskId)
                            .map(entry -> entry.call(swarm -> sweep(swarm, now)))
                            .orElse(0);
        }
        return removed;
    }

    private int sweep(Swarm swarm, Instant now) {
        int removed = 0;
        for (Peer peer : List.copyOf(swarm.peers())) {
            if (peer.state() == PeerState.LEAVE || isSurplus(swarm, peer)) {
                swarm.remove(peer);
                removed++;
            } else if (shallLeave(peer, now)) {
                swarm.fire(peer, PeerState.Event.LEAVE, now);
            }
        }
        return removed;
    }

    private static boolean isSurplus(Swarm swarm, Peer peer) {
        return swarm.peers().size() > CROWD
                && peer.state() == PeerState.SUCCEEDED
                && peer.children().isEmpty()
                && peer.parents().isEmpty();
    }

    private boolean shallLeave(Peer peer, Instant now) {
        boolean loading =
                peer.state() == PeerState.RUNNING || peer.state() == PeerState.BACK_TO_SOURCE;
        return peer.state() == PeerState.FAILED
                // Only an ended peer of an unshared host: the original drops running ones and loses
                // their later messages.
                || (peer.host().isUnshared() && peer.state().isOver())
                || (loading && isOlder(peer.pieceAt(), timeouts.pieceDownload(), now))
                || isOlder(peer.updatedAt(), timeouts.peer(), now)
                || isOlder(peer.host().updatedAt(), timeouts.host(), now);
    }

    /** Forgets hosts that missed two announcements, with their peers. Returns how many. */
    public int collectHosts(Instant now) {
        int removed = 0;
        for (Host host : List.copyOf(hosts.all())) {
            var interval = host.announcement().interval();
            if (interval.isPositive() && isOlder(host.updatedAt(), interval.multipliedBy(2), now)) {
                remove(host);
                removed++;
            }
        }
        return removed;
    }

    /** Forgets tasks without peers. Returns how many. */
    public int collectTasks() {
        return (int) List.copyOf(swarms.ids()).stream().filter(swarms::dropIfEmpty).count();
    }

    /** Forgets a host and its peers. */
    public void remove(Host host) {
        hosts.remove(host.id());
        for (Host.PeerRef ref : List.copyOf(host.peers())) {
            swarms.find(ref.taskId())
                    .ifPresent(
                            entry ->
                                    entry.call(
                                            swarm -> {
                                                swarm.find(ref.peerId()).ifPresent(swarm::remove);
                                                return true;
                                            }));
        }
    }

    private static boolean isOlder(Instant at, Duration limit, Instant now) {
        return Duration.between(at, now).compareTo(limit) > 0;
    }
}
