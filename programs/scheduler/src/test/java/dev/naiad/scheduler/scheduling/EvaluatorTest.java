package dev.naiad.scheduler.scheduling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.naiad.scheduler.resource.Fixtures;
import dev.naiad.scheduler.resource.PeerState.Event;
import dev.naiad.scheduler.resource.Swarm;
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
}
