package dev.naiad.dfdaemon.task;

import java.time.Duration;
import java.util.BitSet;
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

    private SwarmState swarm = SwarmState.ALONE;
    private long swarmSince;

    SourceRule(ParentSet parents, Duration grace) {
        this.parents = parents;
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

    void forbidAll() {
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
        if (!allowed.get(piece) || (demand != null && !demand.mayTry(nowNanos))) {
            return false;
        }
        return switch (swarm) {
            case BACK_TO_SOURCE -> true;
            case ASKING ->
                    demand != null && silent(Math.max(demand.since(), swarmSince), nowNanos, 1);
            case PARENTS, ALONE -> parentsAreSilent(piece, demand, nowNanos);
        };
    }

    /** Whether nothing can bring the piece: neither a parent, nor a scheduler, nor the origin. */
    boolean isOutOfReach(int piece) {
        return swarm == SwarmState.ALONE && !allowed.get(piece) && !parents.mayBring(piece);
    }

    private boolean parentsAreSilent(int piece, Demands.@Nullable Demand demand, long nowNanos) {
        var last = parents.lastProgress(piece);
        if (last.isPresent()) {
            // Without a reader there is no hurry.
            long since = demand == null ? swarmSince : demand.since();
            return silent(Math.max(since, last.getAsLong()), nowNanos, demand == null ? 4 : 1);
        }
        // No peer can bring it: alone we go at once, else the scheduler is asked first.
        return swarm == SwarmState.ALONE || (demand != null && silent(demand.since(), nowNanos, 1));
    }

    private boolean silent(long since, long nowNanos, int graces) {
        return nowNanos - since >= graces * grace;
    }
}
