package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.PEER_ID;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.scheduler.resource.Bell;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Scheduling;
import dev.naiad.scheduler.scheduling.SchedulingLimits;
import dev.naiad.scheduler.scheduling.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds parents for peers, and waits for them. Safe for threads. */
public final class ParentOffer {
    private static final Logger LOG = LoggerFactory.getLogger(ParentOffer.class);

    private final Scheduling scheduling;
    private final Supplier<SchedulingLimits> limits;
    private final SchedulerMetrics metrics;
    private final Outlets outlets;
    private final InstantSource clock;

    public ParentOffer(
            Scheduling scheduling,
            Supplier<SchedulingLimits> limits,
            SchedulerMetrics metrics,
            Outlets outlets,
            InstantSource clock) {
        this.scheduling = scheduling;
        this.limits = limits;
        this.metrics = metrics;
        this.outlets = outlets;
        this.clock = clock;
    }

    /**
     * @param told who learns of the peer in turn, and the message that says so
     */
    private record Look(
            Verdict verdict,
            AnnouncePeerResponse answer,
            List<String> told,
            AnnouncePeerResponse news) {
        boolean waits() {
            return verdict instanceof Verdict.Wait;
        }
    }

    /**
     * Answers with parents, or sends the peer to the origin; waits until there is something to say.
     *
     * @param bell rung by the task, and by the caller after {@code cancelled} has become true
     * @throws NaiadException if the peer cannot be helped, or hung up
     */
    void offer(Swarms.Entry entry, String peerId, Bell bell, BooleanSupplier cancelled, Outlet out)
            throws InterruptedException {
        try {
            offerUntil(entry, peerId, bell, cancelled, out);
        } finally {
            entry.leave(bell);
        }
    }

    private void offerUntil(
            Swarms.Entry entry, String peerId, Bell bell, BooleanSupplier cancelled, Outlet out)
            throws InterruptedException {
        Instant began = clock.instant();
        var interval = limits.get().retryInterval();
        Instant roundEnds = began.plus(interval);
        int round = 0;
        while (!cancelled.getAsBoolean()) {
            int rounds = round;
            var look = entry.callOrWait(bell, swarm -> look(swarm, peerId, rounds), Look::waits);
            switch (look.verdict()) {
                case Verdict.Parents _, Verdict.BackToSource _ -> {
                    metrics.scheduled(Duration.between(began, clock.instant()));
                    LOG.atInfo().addKeyValue(PEER_ID, peerId).log("{}", look.verdict());
                    out.answer(look.answer());
                    look.told().forEach(neighbour -> outlets.tell(neighbour, look.news()));
                    return;
                }
                case Verdict.GiveUp(var why) ->
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION, why + " of peer " + peerId);
                case Verdict.Wait(var countsAsRound) -> {
                    var now = clock.instant();
                    bell.await(Duration.between(now, roundEnds));
                    now = clock.instant();
                    if (!now.isBefore(roundEnds)) {
                        roundEnds = now.plus(interval);
                        round += countsAsRound ? 1 : 0;
                    }
                }
            }
        }
        throw new NaiadException(ErrorKind.CANCELLED, "peer " + peerId + " hung up");
    }

    private Look look(Swarm swarm, String peerId, int round) {
        var current = limits.get();
        var now = clock.instant();
        var none = AnnouncePeerResponse.getDefaultInstance();
        Peer peer = swarm.get(peerId);
        var verdict = scheduling.decide(swarm, peer, round, current, now);
        return switch (verdict) {
            case Verdict.Parents(var parents, var introduced) ->
                    new Look(
                            verdict,
                            SchedulerMessages.parents(swarm, parents),
                            introduced.stream().map(Peer::id).toList(),
                            introduced.isEmpty() ? none : SchedulerMessages.further(swarm, peer));
            case Verdict.BackToSource(var why) ->
                    new Look(verdict, SchedulerMessages.backToSource(why), List.of(), none);
            case Verdict.Wait _, Verdict.GiveUp _ -> new Look(verdict, none, List.of(), none);
        };
    }
}
