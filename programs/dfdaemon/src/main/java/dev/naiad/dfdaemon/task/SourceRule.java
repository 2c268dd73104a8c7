package dev.naiad.dfdaemon.task;

import java.time.Duration;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * When a piece of one task may be taken from the origin, so that each byte leaves the registry
 * once. Pure: the time is told. Not thread-safe.
 */
final class SourceRule {
    private final ParentSet parents;
    private final long grace;

    /** Pieces that some reader would take from the origin. */
    private final BitSet allowed = new BitSet();

    /** Pieces of contents that somebody waits for as a whole. */
    private final BitSet hurried = new BitSet();

    /** Peers of one swarm that falls silent do not all turn to the origin at the same moment. */
    private final double spread;

    /** When the origin may be tried again for a piece that it failed at. */
    private final Map<Integer, Long> retryAt = new HashMap<>();

    private SwarmState swarm = SwarmState.ALONE;
    private long swarmSince;

    /**
     * @param spread 0 to 1: for how much of one more grace this peer leaves the origin to others
     */
    SourceRule(ParentSet parents, Duration grace, double spread) {
        this.parents = parents;
        this.spread = spread;
        this.grace = grace.toNanos();
    }

    SwarmState swarm() {
        return swarm;
    }

    void swarm(SwarmState now, long nowNanos) {
        swarm = now;
        swarmSince = nowNanos;
    }

    void allow(int from, int toExclusive) {
        allowed.set(from, toExclusive);
    }

    /** Somebody waits for all of these, in no order. */
    void hurry(int from, int toExclusive) {
        hurried.set(from, toExclusive);
    }

    /** The origin failed at the piece. */
    void retryAt(int piece, long nanos) {
        retryAt.put(piece, nanos);
    }

    boolean isHurried(int piece) {
        return hurried.get(piece);
    }

    void forbidAll() {
        hurried.clear();
        allowed.clear();
    }

    /**
     * Whether the piece may be taken from the origin. Always when we were sent there or are alone
     * without a parent that could bring it. While a scheduler thinks or a parent may bring it, only
     * when a reader waits and the swarm was silent for the grace: as long as anything moves from
     * the parents that could bring it, the link is at work and a second copy would not come sooner.
     *
     * @param demand those who wait for it, if any do
     */
    boolean permits(int piece, Demands.@Nullable Demand demand, long nowNanos) {
        if (!allowed.get(piece) || nowNanos - retryAt.getOrDefault(piece, nowNanos) < 0) {
            return false;
        }
        return switch (swarm) {
            case BACK_TO_SOURCE -> true;
            case ASKING ->
                    (demand != null || hurried.get(piece))
                            && silent(
                                    demand == null
                                            ? swarmSince
                                            : Math.max(demand.since(), swarmSince),
                                    nowNanos,
                                    1);
            case PARENTS, ALONE -> parentsAreSilent(piece, demand, nowNanos);
        };
    }

    /** Whether the swarm has been as it is for so long. */
    boolean isOlderThan(Duration time, long nowNanos) {
        return nowNanos - swarmSince >= time.toNanos();
    }

    /** Whether nothing can bring the piece: neither a parent, nor a scheduler, nor the origin. */
    boolean isOutOfReach(int piece) {
        return swarm == SwarmState.ALONE && !allowed.get(piece) && !parents.mayBring(piece);
    }

    private boolean parentsAreSilent(int piece, Demands.@Nullable Demand demand, long nowNanos) {
        long since = demand == null ? swarmSince : demand.since();
        double graces = demand != null ? 1 : hurried.get(piece) ? 1 + spread : 4;
        var last = parents.lastProgress(piece);
        if (last.isPresent()) {
            return silent(Math.max(since, last.getAsLong()), nowNanos, graces);
        }
        // No peer can bring it: alone we go at once, else the scheduler is asked first.
        return swarm == SwarmState.ALONE
                || ((demand != null || hurried.get(piece)) && silent(since, nowNanos, 1));
    }

    private boolean silent(long since, long nowNanos, double graces) {
        return nowNanos - since >= graces * grace;
    }
}
