package dev.naiad.scheduler.resource;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * The peers of one swarm that hold bytes, get them, or were told to fetch them from the origin: the
 * only ones that a search for parents has to look at. Each change costs the same however many peers
 * there are. Guarded like its {@link Swarm}.
 */
final class Suppliers {
    private static final int ABSENT = -1;

    private final List<Peer> peers = new ArrayList<>();

    /** Adds the peer or takes it out. */
    void set(Peer peer, boolean supplies) {
        if (supplies == (peer.supplierIndex != ABSENT)) {
            return;
        }
        if (supplies) {
            peer.supplierIndex = peers.size();
            peers.add(peer);
            return;
        }
        var moved = peers.removeLast();
        if (moved != peer) {
            peers.set(peer.supplierIndex, moved);
            moved.supplierIndex = peer.supplierIndex;
        }
        peer.supplierIndex = ABSENT;
    }

    /** All of them, unordered. */
    List<Peer> all() {
        return peers;
    }

    /** All of them, in an order that changes from call to call. */
    Iterable<Peer> shuffled(RandomGenerator random) {
        return new RandomWalk<>(peers, random);
    }
}
