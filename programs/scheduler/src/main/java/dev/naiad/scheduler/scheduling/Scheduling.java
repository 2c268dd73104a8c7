package dev.naiad.scheduler.scheduling;

import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState;
import dev.naiad.scheduler.resource.Swarm;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * Finds parents. Pure over a swarm: the caller holds its lock, waits between rounds and sends the
 * answer.
 *
 * <p>The filter is applied before the sample is taken, so a task full of blocked peers still yields
 * the few usable ones.
 */
public final class Scheduling {
    private final Evaluator evaluator;
    private final RandomGenerator random;

    /** A scheduling that draws its samples from {@code random}, which must be safe for threads. */
    public Scheduling(Evaluator evaluator, RandomGenerator random) {
        this.evaluator = evaluator;
        this.random = random;
    }

    /**
     * One look at the swarm.
     *
     * @param round empty rounds so far
     */
    public Verdict decide(Swarm swarm, Peer peer, int round, SchedulingLimits limits, Instant now) {
        boolean sourceAllowed =
                !peer.download().getDisableBackToSource() && swarm.mayGoBackToSource(peer);
        if (sourceAllowed && peer.needBackToSource()) {
            swarm.reserveSource(peer);
            return new Verdict.BackToSource("peer's NeedBackToSource is true");
        }
        swarm.disconnect(peer);
        var found = parents(swarm, peer, limits);
        if (!found.parents().isEmpty()) {
            return found;
        }
        if (seedIsComing(swarm, limits, now)) {
            return new Verdict.Wait(false);
        }
        // The seed could not: one peer goes at once instead of all waiting their rounds and then
        // going together.
        if (sourceAllowed && swarm.seedFailedRecently(now) && swarm.sources().isEmpty()) {
            swarm.reserveSource(peer);
            return new Verdict.BackToSource("the seed peer failed");
        }
        if (sourceAllowed && round >= limits.retryBackToSource()) {
            swarm.reserveSource(peer);
            return new Verdict.BackToSource("scheduling exceeded RetryBackToSourceLimit");
        }
        if (round >= limits.retry()) {
            return new Verdict.GiveUp("scheduling exceeded RetryLimit " + limits.retry());
        }
        return new Verdict.Wait(true);
    }

    private Verdict.Parents parents(Swarm swarm, Peer peer, SchedulingLimits limits) {
        var candidates = candidates(swarm, peer, limits);
        if (!peer.exchanges()) {
            return new Verdict.Parents(swarm.connect(candidates, peer), List.of());
        }
        if (candidates.isEmpty()) {
            // Those who wait as well have nothing to give before somebody gets bytes.
            return new Verdict.Parents(List.of(), List.of());
        }
        boolean first = !peer.meshed();
        // Some were told of the peer, and it of them, while it waited.
        var before = first ? swarm.neighbours(peer) : List.<Peer>of();
        var introduced = swarm.introduce(peer, other -> mayTakeFrom(other, peer), random);
        var parents = new ArrayList<>(before);
        parents.addAll(introduced);
        parents.addAll(
                swarm.connect(
                        candidates.stream().filter(other -> !other.exchanges()).toList(), peer));
        return new Verdict.Parents(parents, introduced);
    }

    private static boolean mayTakeFrom(Peer other, Peer child) {
        return !child.blocks(other.id())
                && !other.host().isUnshared()
                && !other.host().id().equals(child.host().id());
    }

    private static boolean seedIsComing(Swarm swarm, SchedulingLimits limits, Instant now) {
        return swarm.triggeredAt()
                .filter(at -> Duration.between(at, now).compareTo(limits.seedWait()) < 0)
                .isPresent();
    }

    /** The best usable parents, best first. */
    List<Peer> candidates(Swarm swarm, Peer child, SchedulingLimits limits) {
        if (child.state() != PeerState.RECEIVED_NORMAL
                && child.state() != PeerState.RUNNING
                && child.state() != PeerState.BACK_TO_SOURCE) {
            return List.of();
        }
        var below = swarm.descendants(child);
        var usable = new ArrayList<Peer>();
        for (Peer other : swarm.suppliers(random)) {
            if (isUsable(swarm, other, child) && !below.contains(other)) {
                usable.add(other);
                if (usable.size() == limits.filterParents()) {
                    break;
                }
            }
        }
        Map<Peer, Double> scores = new HashMap<>();
        usable.forEach(peer -> scores.put(peer, evaluator.score(peer, child)));
        usable.sort(
                Comparator.comparingDouble((Peer peer) -> scores.getOrDefault(peer, 0.0))
                        .reversed());
        return usable.subList(0, Math.min(usable.size(), limits.candidateParents()));
    }

    private boolean isUsable(Swarm swarm, Peer other, Peer child) {
        return mayTakeFrom(other, child) && swarm.hasData(other) && !evaluator.isBad(other);
    }
}
