package dev.naiad.scheduler.seed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.scheduler.resource.Fixtures;
import dev.naiad.scheduler.resource.Host;
import dev.naiad.scheduler.resource.Hosts;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrustedSeedsTest {
    private final Hosts hosts = new Hosts();

    @ParameterizedTest
    @CsvSource({
        "10.0.0.7, 10.0.0.7, true",
        "10.0.0.7, 10.0.0.8, false",
        "10.0.0.0/24, 10.0.0.255, true",
        "10.0.0.0/24, 10.0.1.0, false",
        "10.0.0.128/25, 10.0.0.127, false",
        "10.0.0.128/25, 10.0.0.129, true",
        "0.0.0.0/0, 192.168.1.1, true",
        "0.0.0.0/0, fd00::1, false",
        "fd00::/8, fd12::7, true",
        "10.0.0.0/24, seed.example.org, false"
    })
    void aRangeHoldsItsAddresses(String range, String ip, boolean inside) {
        var trusted = new TrustedSeeds(List.of(TrustedSeeds.Range.parse(range)));
        assertThat(trusted.contains(ip)).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/x", "seed", ""})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> TrustedSeeds.Range.parse(text))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSeedThatTheOperatorDoesNotKnowIsNeverAsked() {
        var seeds =
                new Seeds(
                        hosts, new TrustedSeeds(List.of(TrustedSeeds.Range.parse("10.9.0.0/16"))));
        announce(seeds, "rogue", "10.0.0.66");
        assertThat(seeds.any()).isFalse();
        announce(seeds, "known", "10.9.0.1");
        assertThat(seeds.pick("task")).map(Host::id).contains("10.0.0.1-known-seed");
    }

    @Test
    void theRingFollowsAnnouncementsFailuresAndDepartures() {
        var seeds = new Seeds(hosts, TrustedSeeds.ANY);
        var seed = announce(seeds, "s", "10.0.0.1");
        assertThat(seeds.pick("task")).contains(seed);
        seeds.down(seed);
        assertThat(seeds.any()).isFalse();
        announce(seeds, "s", "10.0.0.1");
        assertThat(seeds.any()).isTrue();
        hosts.remove(seed.id());
        seeds.refresh();
        assertThat(seeds.any()).isFalse();
        assertThat(seeds.all()).isEmpty();
    }

    private Host announce(Seeds seeds, String name, String ip) {
        var host =
                hosts.announce(
                        new Host.Announcement(
                                Fixtures.hostMessage(name, Host.SEED).toBuilder().setIp(ip).build(),
                                Duration.ofSeconds(30)),
                        Fixtures.NOW);
        seeds.announced(host);
        return host;
    }
}
