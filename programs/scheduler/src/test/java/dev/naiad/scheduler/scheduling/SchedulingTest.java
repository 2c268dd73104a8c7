package dev.naiad.scheduler.scheduling;

import static dev.naiad.scheduler.resource.Fixtures.NOW;
import static dev.naiad.scheduler.resource.Fixtures.download;
import static dev.naiad.scheduler.resource.Fixtures.host;
import static dev.naiad.scheduler.resource.Fixtures.piece;
import static dev.naiad.scheduler.resource.Fixtures.seed;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dragonfly.api.common.Priority;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState.Event;
import dev.naiad.scheduler.resource.Swarm;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulingTest {
    private static final SchedulingLimits LIMITS =
            new SchedulingLimits(3, 15, 4, 5, Duration.ofMillis(500), Duration.ofSeconds(20));
    private final Swarm swarm = new Swarm("task", 200, NOW);
    private final Scheduling scheduling = new Scheduling(new Evaluator(), new Random(1));

    @Test
    void withoutSeedsTheFirstPeerGoesToTheOriginAtOnce() {
        var a = register(host("a"), false);
        assertThat(a.admission()).isEqualTo(new Admission.Schedule(false));
        assertThat(decide(a.peer(), 0)).isInstanceOf(Verdict.BackToSource.class);
    }

    @Test
    void withASeedItIsAskedOnceAndPeersWait() {
        var a = register(host("a"), true);
        var b = register(host("b"), true);
        assertThat(a.admission()).isEqualTo(new Admission.Schedule(true));
        assertThat(b.admission()).isEqualTo(new Admission.Schedule(false));
        assertThat(decide(a.peer(), 0)).isEqualTo(new Verdict.Wait(false));
        assertThat(decide(a.peer(), 9)).isEqualTo(new Verdict.Wait(false));
    }

    @Test
    void theSeedBecomesParentWhenItGoesToTheOrigin() {
        var a = register(host("a"), true).peer();
        var d =
                swarm.join(
                        "d",
                        seed("d"),
                        download().toBuilder().setNeedBackToSource(true).build(),
                        NOW);
        assertThat(Admission.of(swarm, d, Priority.LEVEL0, true, NOW))
                .isEqualTo(new Admission.Schedule(false));
        assertThat(decide(d, 0)).isInstanceOf(Verdict.BackToSource.class);
        swarm.fire(d, Event.DOWNLOAD_BACK_TO_SOURCE, NOW);
        assertThat(decide(a, 0))
                .isEqualTo(new Verdict.Parents(java.util.List.of(d), java.util.List.of()));
    }

    @Test
    void whenTheSeedFailsOnePeerGoesAndTheOthersFollowIt() {
        var a = register(host("a"), true).peer();
        var b = register(host("b"), true).peer();
        swarm.endTrigger(false, NOW);
        assertThat(decide(a, 0)).isInstanceOf(Verdict.BackToSource.class);
        assertThat(decide(b, 0)).isEqualTo(new Verdict.Wait(true));
        swarm.fire(a, Event.DOWNLOAD_BACK_TO_SOURCE, NOW);
        assertThat(decide(b, 1))
                .isEqualTo(new Verdict.Parents(java.util.List.of(a), java.util.List.of()));
    }

    @Test
    void aSeedThatHangsHoldsNobodyBackForEver() {
        var a = register(host("a"), true).peer();
        var later = NOW.plusSeconds(21);
        assertThat(scheduling.decide(swarm, a, 0, LIMITS, later)).isEqualTo(new Verdict.Wait(true));
        assertThat(scheduling.decide(swarm, a, 4, LIMITS, later))
                .isInstanceOf(Verdict.BackToSource.class);
    }

    @Test
    void thePeerGivesUpWhenTheOriginIsForbidden() {
        source("s", "s");
        var a =
                swarm.join(
                        "a",
                        host("a"),
                        download().toBuilder().setDisableBackToSource(true).build(),
                        NOW);
        Admission.of(swarm, a, Priority.LEVEL0, false, NOW);
        swarm.block(a, "s");
        assertThat(decide(a, 4)).isEqualTo(new Verdict.Wait(true));
        assertThat(decide(a, 5)).isInstanceOf(Verdict.GiveUp.class);
    }

    @Test
    void aFinishedPeerServesAndSeedsAreNotAskedAgain() {
        source("s", "s");
        swarm.fire(swarm.get("s"), Event.DOWNLOAD_SUCCEEDED, NOW);
        swarm.succeed(NOW);
        var a = register(host("a"), true);
        assertThat(a.admission()).isEqualTo(new Admission.Schedule(false));
        assertThat(decide(a.peer(), 0)).isInstanceOf(Verdict.Parents.class);
    }

    @Test
    void aTaskWhoseHoldersAreGoneStartsOver() {
        source("s", "s");
        swarm.fire(swarm.get("s"), Event.DOWNLOAD_FAILED, NOW);
        assertThat(register(host("a"), true).admission()).isEqualTo(new Admission.Schedule(true));
    }

    @ParameterizedTest
    @CsvSource({
        "same host, false",
        "unshared, false",
        "blocked, false",
        "no data, false",
        "slow, false",
        "failed, false",
        "fed, true",
        "source, true"
    })
    void aCandidateIsUsableOrNot(String what, boolean usable) {
        var child = register(host("child"), false).peer();
        swarm.fire(child, Event.DOWNLOAD, NOW);
        Host host = what.equals("same host") ? child.host() : host("p");
        if (what.equals("unshared")) {
            host.announce(
                    new Host.Announcement(
                            host.facts().toBuilder().setDisableShared(true).build(),
                            Duration.ofSeconds(1)),
                    NOW);
        }
        var parent = swarm.join("p", host, download(), NOW);
        swarm.fire(parent, Event.REGISTER_NORMAL, NOW);
        swarm.fire(parent, Event.DOWNLOAD, NOW);
        if (!what.equals("no data")) {
            swarm.fire(parent, Event.DOWNLOAD_BACK_TO_SOURCE, NOW);
        }
        switch (what) {
            case "blocked" -> swarm.block(child, "p");
            case "failed" -> swarm.fire(parent, Event.DOWNLOAD_FAILED, NOW);
            case "slow" -> {
                swarm.pieceFinished(parent, piece(0, ""), NOW);
                var slow =
                        piece(1, "").toBuilder()
                                .setCost(com.google.protobuf.Duration.newBuilder().setSeconds(60));
                swarm.pieceFinished(parent, slow.build(), NOW);
            }
            default -> {}
        }
        assertThat(scheduling.candidates(swarm, child, LIMITS).contains(parent)).isEqualTo(usable);
    }

    @Test
    void usableParentsAreFoundInACrowdOfBlockedOnes() {
        var child = register(host("child"), false).peer();
        for (int i = 0; i < 100; i++) {
            source("p" + i, "h" + i);
            if (i != 57) {
                swarm.block(child, "p" + i);
            }
        }
        assertThat(scheduling.candidates(swarm, child, LIMITS)).containsExactly(swarm.get("p57"));
    }

    @Test
    void atMostThreeParentsAndTheLeastLoadedFirst() {
        var child = register(host("child"), false).peer();
        for (int i = 0; i < 5; i++) {
            source("p" + i, "h" + i);
        }
        for (int i = 0; i < 20; i++) {
            var busy = swarm.join("c" + i, host("c" + i), download(), NOW);
            swarm.connect(java.util.List.of(swarm.get("p0"), swarm.get("p1")), busy);
        }
        assertThat(scheduling.candidates(swarm, child, LIMITS))
                .hasSize(3)
                .doesNotContain(swarm.get("p0"), swarm.get("p1"));
    }

    @ParameterizedTest
    @CsvSource({
        "LEVEL1, FAILED_PRECONDITION",
        "LEVEL2, NOT_FOUND",
    })
    void lowPrioritiesAreRefusedWhereASeedWouldBeAsked(Priority priority, String kind) {
        var peer = swarm.join("a", host("a"), download(), NOW);
        var admission = Admission.of(swarm, peer, priority, true, NOW);
        assertThat(admission).isInstanceOf(Admission.Refused.class);
        assertThat(((Admission.Refused) admission).kind().name()).isEqualTo(kind);
    }

    private record Registered(Peer peer, Admission admission) {}

    private Registered register(Host host, boolean seeds) {
        var peer = swarm.join("peer-" + host.id(), host, download(), NOW);
        return new Registered(peer, Admission.of(swarm, peer, Priority.LEVEL0, seeds, NOW));
    }

    private void source(String id, String hostName) {
        var peer = swarm.join(id, host(hostName), download(), NOW);
        swarm.fire(peer, Event.REGISTER_NORMAL, NOW);
        swarm.fire(peer, Event.DOWNLOAD_BACK_TO_SOURCE, NOW);
    }

    private Verdict decide(Peer peer, int round) {
        return scheduling.decide(swarm, peer, round, LIMITS, NOW);
    }
}
