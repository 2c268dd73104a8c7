package dev.naiad.scheduler.resource;

import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Who feeds whom: the edges between the peers of one swarm. */
final class Edges {
    private Edges() {}

    /** All peers that get bytes from this one, directly or not. */
    static Set<Peer> descendants(Peer peer) {
        var found = new HashSet<Peer>();
        var open = new ArrayDeque<Peer>(List.of(peer));
        while (!open.isEmpty()) {
            for (Peer child : open.pop().children) {
                if (found.add(child)) {
                    open.push(child);
                }
            }
        }
        return found;
    }

    /** Adds an edge and charges its load to the parent's host. */
    static void link(Peer parent, Peer child, Host.Load load) {
        child.parents.put(parent, load);
        parent.children.add(child);
        parent.host().charge(load);
    }

    /** Takes all edges to this child away. */
    static void disconnect(Peer child) {
        for (Peer parent : List.copyOf(child.parents.keySet())) {
            unlink(parent, child);
        }
    }

    /** Takes one edge away, if it is there. */
    static void unlink(Peer parent, Peer child) {
        var load = child.parents.remove(parent);
        if (load != null) {
            parent.children.remove(child);
            parent.host().discharge(load);
        }
    }
}
