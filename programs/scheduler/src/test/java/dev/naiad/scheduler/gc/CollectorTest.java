package dev.naiad.scheduler.gc;

import static dev.naiad.scheduler.resource.Fixtures.NOW;
import static dev.naiad.scheduler.resource.Fixtures.download;
import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.scheduler.resource.Fixtures;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import dev.naiad.scheduler.resource.PeerState.Event;
import dev.naiad.scheduler.resource.Swarms;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class CollectorTest {
    private final Hosts hosts = new Hosts();
    private final Swarms swarms = new Swarms(200);
    private final Collector collector =
            new Collector(
                    hosts,
                    swarms,
                    new Collector.Timeouts(
                            Duration.ofMinutes(30), Duration.ofHours(24), Duration.ofHours(1)));

    @Test
    void aFailedPeerLeavesInTheFirstSweepAndIsGoneAfterTheSecond() {
        join("p", announce("a", NOW), Event.DOWNLOAD_FAILED);
        assertThat(collector.collectPeers(NOW)).isZero();
        assertThat(peers()).isEqualTo(1);
        assertThat(collector.collectPeers(NOW)).isEqualTo(1);
        assertThat(peers()).isZero();
    }

    @Test
    void aPeerWithoutPiecesForTooLongLeaves() {
        var host = announce("a", NOW);
        join("p", host, Event.REGISTER_NORMAL, Event.DOWNLOAD);
        var later = NOW.plus(Duration.ofMinutes(31));
        host.touch(later);
        collector.collectPeers(NOW.plus(Duration.ofMinutes(29)));
        assertThat(collector.collectPeers(NOW.plus(Duration.ofMinutes(29)))).isZero();
        collector.collectPeers(later);
        assertThat(collector.collectPeers(later)).isEqualTo(1);
    }

    @Test
    void aSilentHostGoesWithItsPeers() {
        join("p", announce("a", NOW), Event.REGISTER_NORMAL);
        join("q", announce("b", NOW.plusSeconds(50)), Event.REGISTER_NORMAL);
        assertThat(collector.collectHosts(NOW.plusSeconds(61))).isEqualTo(1);
        assertThat(hosts.all()).extracting(Host::id).containsExactly("10.0.0.1-b");
        assertThat(peers()).isEqualTo(1);
    }

    @Test
    void aTaskWithoutPeersIsForgotten() {
        join("p", announce("a", NOW), Event.REGISTER_NORMAL);
        assertThat(collector.collectTasks()).isZero();
        collector.remove(hosts.all().iterator().next());
        assertThat(collector.collectTasks()).isEqualTo(1);
        assertThat(swarms.ids()).isEmpty();
    }

    @Test
    void aCrowdShedsFinishedPeersThatNobodyFetchesFrom() {
        for (int i = 0; i < Collector.CROWD + 5; i++) {
            join("p" + i, announce("h" + i, NOW), Event.REGISTER_NORMAL, Event.DOWNLOAD_SUCCEEDED);
        }
        assertThat(collector.collectPeers(NOW)).isEqualTo(5);
    }

    private Host announce(String name, Instant at) {
        return hosts.announce(
                new Host.Announcement(Fixtures.hostMessage(name, 0), Duration.ofSeconds(30)), at);
    }

    private void join(String id, Host host, Event... events) {
        swarms.callOrCreate(
                "task",
                NOW,
                swarm -> {
                    var peer = swarm.join(id, host, download(), NOW);
                    for (Event event : events) {
                        swarm.fire(peer, event, NOW);
                    }
                    return true;
                });
    }

    private int peers() {
        return swarms.find("task").orElseThrow().call(swarm -> swarm.peers().size());
    }
}
