package dev.naiad.scheduler.scheduling;

import dev.naiad.scheduler.resource.CostWindow;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState;

/**
 * How good a peer is as a parent, 0 to 1.
 *
 * <pre>
 * score = 0.6 load + 0.2 same IDC + 0.1 location + 0.1 host type
 * load  = 0.5 peak + 0.3 duration + 0.2 concurrency      (all 0 when the host did not say what it can send)
 * </pre>
 *
 * docs/operate/scheduler.md explains the parts.
 */
public final class Evaluator {
    private static final double LOAD = 0.6;
    private static final double IDC = 0.2;
    private static final double LOCATION = 0.1;
    private static final double TYPE = 0.1;
    private static final int LOCATION_DEPTH = 5;
    private static final double BITS_PER_CONCURRENT_PIECE = 16.0 * 1024 * 1024 * 8;

    /** The score of a parent for a child. */
    public double score(Peer parent, Peer child) {
        return LOAD * load(parent)
                + IDC * idc(parent.host().idc(), child.host().idc())
                + LOCATION * location(parent.host().location(), child.host().location())
                + TYPE * type(parent);
    }

    /**
     * True for a peer that is not a parent now: wrong state, or its own pieces have become far
     * slower than before.
     */
    public boolean isBad(Peer parent) {
        if (!parent.state().mayServe()) {
            return true;
        }
        CostWindow costs = parent.costs();
        if (costs.size() < 2) {
            return false;
        }
        if (costs.size() < CostWindow.CAPACITY) {
            return costs.last() > 20 * costs.meanBeforeLast();
        }
        return costs.last() > costs.meanBeforeLast() + 3 * costs.deviationBeforeLast();
    }

    private static double load(Peer parent) {
        var host = parent.host();
        double max = host.maxTxBitsPerSecond();
        if (max <= 0) {
            return 0;
        }
        double peak = Math.max(0, 1 - host.uploadBitsPerSecond() / max);
        double duration =
                host.uploadBytes() == 0 ? 1 : Math.max(0, 1 - host.uploadBytes() * 8.0 / max / 60);
        return 0.5 * peak + 0.3 * duration + 0.2 * concurrency(host.uploadPieces(), max);
    }

    private static double concurrency(long pieces, double max) {
        double room = max / BITS_PER_CONCURRENT_PIECE;
        if (room <= 1) {
            return 0;
        }
        return pieces <= room ? 1 : room / pieces;
    }

    static double idc(String parent, String child) {
        return !parent.isEmpty() && parent.equalsIgnoreCase(child) ? 1 : 0;
    }

    static double location(String parent, String child) {
        if (parent.isEmpty() || child.isEmpty()) {
            return 0;
        }
        if (parent.equalsIgnoreCase(child)) {
            return 1;
        }
        var a = parent.split("\\|", -1);
        var b = child.split("\\|", -1);
        int same = 0;
        int depth = Math.min(LOCATION_DEPTH, Math.min(a.length, b.length));
        while (same < depth && a[same].equalsIgnoreCase(b[same])) {
            same++;
        }
        return (double) same / LOCATION_DEPTH;
    }

    private static double type(Peer parent) {
        if (!parent.host().isSeed()) {
            return 0.5;
        }
        // A seed that still fetches from others is the best parent; one that is done leaves the
        // work to normal hosts.
        return parent.state() == PeerState.RUNNING ? 1 : 0;
    }
}
