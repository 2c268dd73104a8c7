package dev.naiad.scheduler.resource;

import static dev.naiad.scheduler.resource.Fixtures.NOW;
import static dev.naiad.scheduler.resource.Fixtures.download;
import static dev.naiad.scheduler.resource.Fixtures.host;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.scheduler.resource.PeerState.Event;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Who is woken by what. */
class SwarmsTest {
    private final Swarms swarms = new Swarms(1);
    private final List<Bell> bells = new ArrayList<>();

    @Test
    void aPeerThatJoinsWakesNobody() throws Exception {
        waiting(20);
        for (int i = 0; i < 20; i++) {
            join("late" + i, Event.REGISTER_NORMAL, Event.DOWNLOAD);
        }
        assertThat(rung()).isZero();
    }

    @Test
    void aPeerThatGetsBytesWakesAllWhoWait() throws Exception {
        waiting(20);
        join("source", Event.REGISTER_NORMAL, Event.DOWNLOAD_BACK_TO_SOURCE);
        assertThat(rung()).isEqualTo(20);
        // Nobody waits any more: the next one rings no bell a second time.
        join("fed", Event.REGISTER_NORMAL, Event.DOWNLOAD);
        entry().call(swarm -> swarm.connect(List.of(swarm.get("source")), swarm.get("fed")));
        assertThat(rung()).isZero();
    }

    @Test
    void aFreedPlaceAtTheOriginWakesTheOneThatWaitedLongest() throws Exception {
        join("source", Event.REGISTER_NORMAL);
        call(swarm -> swarm.reserveSource(swarm.get("source")));
        waiting(20);
        call(swarm -> swarm.fire(swarm.get("source"), Event.DOWNLOAD_FAILED, NOW));
        assertThat(bells.getFirst().await(Duration.ZERO)).isTrue();
        assertThat(rung()).isZero();
    }

    @Test
    void aSeedThatDoesNotComeWakesOne() throws Exception {
        waiting(20);
        call(swarm -> swarm.endTrigger(false, NOW));
        assertThat(rung()).isEqualTo(1);
    }

    @Test
    void whoLeftIsNotRung() throws Exception {
        waiting(2);
        entry().leave(bells.getFirst());
        join("source", Event.REGISTER_NORMAL, Event.DOWNLOAD_BACK_TO_SOURCE);
        assertThat(bells.getFirst().await(Duration.ZERO)).isFalse();
        assertThat(bells.getLast().await(Duration.ZERO)).isTrue();
    }

    @Test
    void theSearchForParentsLooksOnlyAtPeersThatHaveOrGetBytes() {
        for (int i = 0; i < 50; i++) {
            join("waiting" + i, Event.REGISTER_NORMAL);
        }
        join("source", Event.REGISTER_NORMAL, Event.DOWNLOAD_BACK_TO_SOURCE);
        join("fed", Event.REGISTER_NORMAL, Event.DOWNLOAD);
        assertThat(suppliers()).containsExactly("source");
        call(swarm -> swarm.connect(List.of(swarm.get("source")), swarm.get("fed")));
        assertThat(suppliers()).containsExactlyInAnyOrder("source", "fed");
        call(swarm -> swarm.remove(swarm.get("source")));
        assertThat(suppliers()).isEmpty();
    }

    private List<String> suppliers() {
        return entry().call(
                        swarm -> {
                            var ids = new ArrayList<String>();
                            swarm.suppliers(new Random(1)).forEach(peer -> ids.add(peer.id()));
                            return ids;
                        });
    }

    private void waiting(int count) {
        for (int i = 0; i < count; i++) {
            join("waiting" + i, Event.REGISTER_NORMAL);
            bells.add(new Bell());
        }
        bells.forEach(bell -> entry().callOrWait(bell, swarm -> true, waits -> waits));
    }

    private int rung() throws InterruptedException {
        int rung = 0;
        for (Bell bell : bells) {
            rung += bell.await(Duration.ZERO) ? 1 : 0;
        }
        return rung;
    }

    private void join(String id, Event... events) {
        swarms.callOrCreate(
                "task",
                NOW,
                swarm -> {
                    var peer = swarm.join(id, host(id), download(), NOW);
                    for (Event event : events) {
                        swarm.fire(peer, event, NOW);
                    }
                    return true;
                });
    }

    private void call(java.util.function.Consumer<Swarm> work) {
        entry().call(
                        swarm -> {
                            work.accept(swarm);
                            return true;
                        });
    }

    private Swarms.Entry entry() {
        return swarms.find("task").orElseThrow();
    }
}
