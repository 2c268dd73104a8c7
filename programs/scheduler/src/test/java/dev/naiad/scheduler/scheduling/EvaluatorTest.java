package dev.naiad.scheduler.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.naiad.scheduler.resource.CostWindow;
import dev.naiad.scheduler.resource.Fixtures;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Peer;
import dev.naiad.scheduler.resource.PeerState.Event;
import dev.naiad.scheduler.resource.Swarm;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EvaluatorTest {
    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "eu|de, '', 0",
        "EU|de, eu|DE, 1",
        "eu|de|fra, eu|de|ber, 0.4",
        "us|de, eu|de, 0",
        "a|b|c|d|e|f, a|b|c|d|e|g, 1"
    })
    void locationCountsEqualLeadingElements(String parent, String child, double expected) {
        assertThat(Evaluator.location(parent, child)).isEqualTo(expected, within(1e-9));
    }

    @Test
    void aFreshSourceScoresLoadAndHalfItsType() {
        var swarm = new Swarm("t", 200, Fixtures.NOW);
        var parent = swarm.join("p", Fixtures.host("p"), Fixtures.download(), Fixtures.NOW);
        var child = swarm.join("c", Fixtures.host("c"), Fixtures.download(), Fixtures.NOW);
        swarm.fire(parent, Event.REGISTER_NORMAL, Fixtures.NOW);
        swarm.fire(parent, Event.DOWNLOAD_BACK_TO_SOURCE, Fixtures.NOW);
        assertThat(new Evaluator().score(parent, child)).isEqualTo(0.6 + 0.05, within(1e-9));
        assertThat(new Evaluator().isBad(parent)).isFalse();
        assertThat(new Evaluator().isBad(child)).isTrue();
    }

    @Test
    void eachEdgeLowersTheScoreByWhatItTakesOfTheHostsBandwidth() {
        var swarm = new Swarm("t", 200, Fixtures.NOW);
        var parent = source(swarm);
        var child = swarm.join("c", Fixtures.host("c"), Fixtures.download(), Fixtures.NOW);
        swarm.connect(List.of(parent), child);
        // 8 pieces of 4 MiB at once are 0.268 of 1 Gbit/s; 20 MiB last 0.168 of 60 s at 1 Gbit/s;
        // 7.45 pieces of 16 MiB fit into a second, 8 are assumed.
        double peak = 1 - 8 * 4 * 8.0 * (1 << 20) / 1e9;
        double duration = 1 - 20 * 8.0 * (1 << 20) / 1e9 / 60;
        double concurrency = 1e9 / (16.0 * 8 * (1 << 20)) / 8;
        assertThat(new Evaluator().score(parent, child))
                .isEqualTo(
                        0.6 * (0.5 * peak + 0.3 * duration + 0.2 * concurrency) + 0.05,
                        within(1e-9));
        for (int i = 0; i < 100; i++) {
            var other =
                    swarm.join("o" + i, Fixtures.host("o" + i), Fixtures.download(), Fixtures.NOW);
            swarm.connect(List.of(parent), other);
        }
        assertThat(new Evaluator().score(parent, child)).isBetween(0.05, 0.3);
    }

    @Test
    void aHostThatDoesNotSayWhatItCanSendGetsNothingForItsLoad() {
        var swarm = new Swarm("t", 200, Fixtures.NOW);
        var facts = Fixtures.hostMessage("mute", 0).toBuilder().clearNetwork().build();
        var mute = new Host(new Host.Announcement(facts, Duration.ofSeconds(30)), Fixtures.NOW);
        var parent = swarm.join("p", mute, Fixtures.download(), Fixtures.NOW);
        assertThat(new Evaluator().score(parent, source(swarm))).isEqualTo(0.05, within(1e-9));
    }

    @Test
    void theSameDataCentreAndLocationAddThreeTenths() {
        var swarm = new Swarm("t", 200, Fixtures.NOW);
        var parent =
                swarm.join("p", placed("p", "FRA1", "eu|de"), Fixtures.download(), Fixtures.NOW);
        var near = swarm.join("n", placed("n", "fra1", "eu|de"), Fixtures.download(), Fixtures.NOW);
        var far = swarm.join("f", placed("f", "nyc3", "us|ny"), Fixtures.download(), Fixtures.NOW);
        var evaluator = new Evaluator();
        assertThat(evaluator.score(parent, near) - evaluator.score(parent, far))
                .isEqualTo(0.3, within(1e-9));
    }

    @Test
    void aSeedIsTheBestParentWhileItFetchesFromOthersAndTheLastChoiceAfterwards() {
        var swarm = new Swarm("t", 200, Fixtures.NOW);
        var seed = swarm.join("s", Fixtures.seed("s"), Fixtures.download(), Fixtures.NOW);
        var child = swarm.join("c", Fixtures.host("c"), Fixtures.download(), Fixtures.NOW);
        swarm.fire(seed, Event.REGISTER_NORMAL, Fixtures.NOW);
        swarm.fire(seed, Event.DOWNLOAD, Fixtures.NOW);
        assertThat(new Evaluator().score(seed, child)).isEqualTo(0.7, within(1e-9));
        swarm.fire(seed, Event.DOWNLOAD_SUCCEEDED, Fixtures.NOW);
        assertThat(new Evaluator().score(seed, child)).isEqualTo(0.6, within(1e-9));
    }

    @Test
    void aFewPiecesAreSlowFromTwentyTimesTheMeanOn() {
        var peer = source(new Swarm("t", 200, Fixtures.NOW));
        peer.costs().add(100);
        assertThat(new Evaluator().isBad(peer)).isFalse();
        peer.costs().add(2000);
        assertThat(new Evaluator().isBad(peer)).isFalse();
        var other = source(new Swarm("t", 200, Fixtures.NOW));
        other.costs().add(100);
        other.costs().add(2001);
        assertThat(new Evaluator().isBad(other)).isTrue();
    }

    @Test
    void manyPiecesAreSlowFromThreeDeviationsOn() {
        var peer = source(new Swarm("t", 200, Fixtures.NOW));
        for (int i = 0; i < CostWindow.CAPACITY - 1; i++) {
            peer.costs().add(i % 2 == 0 ? 90 : 110); // mean 100, deviation 10
        }
        peer.costs().add(125);
        assertThat(new Evaluator().isBad(peer)).isFalse();
        peer.costs().add(140);
        assertThat(new Evaluator().isBad(peer)).isTrue();
    }

    private static Host placed(String name, String idc, String location) {
        var facts = Fixtures.hostMessage(name, 0).toBuilder();
        facts.getNetworkBuilder().setIdc(idc).setLocation(location);
        return new Host(new Host.Announcement(facts.build(), Duration.ofSeconds(30)), Fixtures.NOW);
    }

    private static Peer source(Swarm swarm) {
        var parent = swarm.join("p", Fixtures.host("p"), Fixtures.download(), Fixtures.NOW);
        swarm.fire(parent, Event.REGISTER_NORMAL, Fixtures.NOW);
        swarm.fire(parent, Event.DOWNLOAD_BACK_TO_SOURCE, Fixtures.NOW);
        return parent;
    }
}
