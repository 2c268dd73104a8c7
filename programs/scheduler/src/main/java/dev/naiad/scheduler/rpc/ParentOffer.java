package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.PEER_ID;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.scheduler.resource.Bell;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Scheduling;
import dev.naiad.scheduler.scheduling.SchedulingLimits;
import dev.naiad.scheduler.scheduling.Verdict;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
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
    private final InstantSource clock;

    public ParentOffer(
            Scheduling scheduling,
            Supplier<SchedulingLimits> limits,
            SchedulerMetrics metrics,
            InstantSource clock) {
        this.scheduling = scheduling;
        this.limits = limits;
        this.metrics = metrics;
        this.clock = clock;
    }

    private record Look(Verdict verdict, AnnouncePeerResponse answer) {
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
    void offer(
            Swarms.Entry entry,
            String peerId,
            Bell bell,
            BooleanSupplier cancelled,
            StreamObserver<AnnouncePeerResponse> out)
            throws InterruptedException {
        try {
            offerUntil(entry, peerId, bell, cancelled, out);
        } finally {
            entry.leave(bell);
        }
    }

    private void offerUntil(
            Swarms.Entry entry,
            String peerId,
            Bell bell,
            BooleanSupplier cancelled,
            StreamObserver<AnnouncePeerResponse> out)
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
                    out.onNext(look.answer());
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
        var verdict = scheduling.decide(swarm, swarm.get(peerId), round, current, now);
        var answer =
                switch (verdict) {
                    case Verdict.Parents(var parents) -> SchedulerMessages.parents(swarm, parents);
                    case Verdict.BackToSource(var why) -> SchedulerMessages.backToSource(why);
                    case Verdict.Wait _, Verdict.GiveUp _ ->
                            AnnouncePeerResponse.getDefaultInstance();
                };
        return new Look(verdict, answer);
    }
}
