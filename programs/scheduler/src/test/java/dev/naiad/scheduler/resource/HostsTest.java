package dev.naiad.scheduler.resource;

import static dev.naiad.scheduler.resource.Fixtures.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.UnknownFieldSet;
import dev.naiad.base.error.NaiadException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class HostsTest {
    private final Hosts hosts = new Hosts();
    private final dev.naiad.dragonfly.api.common.Host facts = Fixtures.hostMessage("a", 0);

    @Test
    void anotherAddressCannotMoveAHost() {
        announce(facts, "10.0.0.1");
        for (var changed :
                new dev.naiad.dragonfly.api.common.Host[] {
                    facts.toBuilder().setIp("10.6.6.6").build(),
                    facts.toBuilder().setPort(6666).build(),
                    facts.toBuilder().setDownloadPort(6666).build(),
                    facts.toBuilder().setType(Host.SEED).build(),
                    facts.toBuilder().setDisableShared(true).build()
                }) {
            assertThatThrownBy(() -> announce(changed, "10.6.6.6"))
                    .isInstanceOf(NaiadException.class)
                    .hasMessageContaining("was announced by another address");
        }
        assertThat(hosts.get(facts.getId()).facts()).isEqualTo(facts);
    }

    @Test
    void aHostMayMoveItselfAndSayTheSameFromElsewhere() {
        announce(facts, "10.0.0.1");
        announce(facts.toBuilder().setPort(4001).build(), "10.0.0.1");
        announce(facts.toBuilder().setPort(4001).build(), "10.0.0.9");
        assertThat(hosts.get(facts.getId()).facts().getPort()).isEqualTo(4001);
    }

    @Test
    void announcingAgainDoesNotMakeAHostLarger() {
        var unknown =
                UnknownFieldSet.newBuilder()
                        .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
                        .build();
        var newer = facts.toBuilder().setUnknownFields(unknown).build();
        for (int i = 0; i < 3; i++) {
            announce(newer, "10.0.0.1");
        }
        assertThat(hosts.get(facts.getId()).facts()).isEqualTo(newer);
        announce(newer.toBuilder().clearNetwork().build(), "10.0.0.1");
        assertThat(hosts.get(facts.getId()).maxTxBitsPerSecond()).isEqualTo(1_000_000_000);
    }

    private void announce(dev.naiad.dragonfly.api.common.Host host, String source) {
        hosts.announce(new Host.Announcement(host, Duration.ofSeconds(30), source), NOW);
    }
}
