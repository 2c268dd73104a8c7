package dev.naiad.scheduler.rpc;

import static dev.naiad.scheduler.rpc.SchedulerLogLines.PEER_ID;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.scheduler.AnnouncePeerResponse;
import dev.naiad.scheduler.resource.Bell;
import dev.naiad.scheduler.resource.Swarm;
import dev.naiad.scheduler.resource.Swarms;
import dev.naiad.scheduler.scheduling.Verdict;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds parents for a peer, and waits for them. */
final class ParentOffer {
    private static final Logger LOG = LoggerFactory.getLogger(ParentOffer.class);

    private final Registry registry;
    private final SchedulerMetrics metrics;

    ParentOffer(Registry registry, SchedulerMetrics metrics) {
        this.registry = registry;
        this.metrics = metrics;
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
        Instant began = registry.clock().instant();
        var interval = registry.cluster().get().limits().retryInterval();
        Instant roundEnds = began.plus(interval);
        int round = 0;
        while (!cancelled.getAsBoolean()) {
            int rounds = round;
            var look = entry.callOrWait(bell, swarm -> look(swarm, peerId, rounds), Look::waits);
            switch (look.verdict()) {
                case Verdict.Parents _, Verdict.BackToSource _ -> {
                    metrics.scheduled(Duration.between(began, registry.clock().instant()));
                    LOG.atInfo().addKeyValue(PEER_ID, peerId).log("{}", look.verdict());
                    out.onNext(look.answer());
                    return;
                }
                case Verdict.GiveUp(var why) ->
                        throw new NaiadException(
                                ErrorKind.FAILED_PRECONDITION, why + " of peer " + peerId);
                case Verdict.Wait(var countsAsRound) -> {
                    var now = registry.clock().instant();
                    bell.await(Duration.between(now, roundEnds));
                    now = registry.clock().instant();
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
        var limits = registry.cluster().get().limits();
        var now = registry.clock().instant();
        var verdict = registry.scheduling().decide(swarm, swarm.get(peerId), round, limits, now);
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
