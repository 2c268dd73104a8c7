package dev.naiad.scheduler.resource;

import static dev.naiad.scheduler.resource.Fixtures.NOW;
import static dev.naiad.scheduler.resource.Fixtures.download;
import static dev.naiad.scheduler.resource.Fixtures.host;
import static dev.naiad.scheduler.resource.Fixtures.piece;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.Download;
import dev.naiad.scheduler.resource.PeerState.Event;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SwarmTest {
    private static final List<Event> EVENTS = List.of(Event.values());

    private final Swarm swarm = new Swarm("task", 2, NOW);

    @Test
    void absentLengthIsUnknownNotEmpty() {
        swarm.join("p", host("a"), Download.getDefaultInstance(), NOW);
        assertThat(swarm.content().length()).isEqualTo(-1);
        swarm.join("q", host("b"), Download.newBuilder().setActualContentLength(0).build(), NOW);
        assertThat(swarm.content().length()).isZero();
    }

    @Test
    void edgesNeverFormACircleAndAreChargedOnce() {
        var a = join("a");
        var b = join("b");
        assertThat(swarm.connect(List.of(a), b)).containsExactly(a);
        assertThat(swarm.connect(List.of(a), b)).isEmpty();
        assertThat(swarm.connect(List.of(b), a)).isEmpty();
        assertThat(swarm.connect(List.of(a), a)).isEmpty();
        assertThat(a.host().uploads()).isEqualTo(1);
        assertThat(a.host().uploadBitsPerSecond()).isEqualTo(4 * Fixtures.MIB * 8 * 8);
    }

    @Test
    void whatWasChargedIsDischargedEvenWhenTheTaskForgotItsLength() {
        var a = join("a");
        swarm.connect(List.of(a), join("b"));
        swarm.fail(NOW);
        swarm.remove(swarm.get("b"));
        assertThat(a.host().uploads()).isZero();
        assertThat(a.host().uploadBytes()).isZero();
        assertThat(a.host().uploadBitsPerSecond()).isZero();
    }

    @Test
    void aPieceNumberOutsideTheTaskIsRefused() {
        var a = join("a");
        assertThatThrownBy(() -> swarm.pieceFinished(a, piece(5, ""), NOW))
                .isInstanceOf(NaiadException.class)
                .hasMessageContaining("piece 5 is outside the 5 pieces");
        assertThatThrownBy(() -> swarm.pieceFinished(a, piece(-1, ""), NOW))
                .isInstanceOf(NaiadException.class);
        swarm.pieceFinished(a, piece(4, ""), NOW);
        assertThat(a.pieceCount()).isEqualTo(1);
        assertThat(swarm.content().pieces()).hasSize(1);
    }

    @Test
    void aPlaceAtTheOriginIsTakenWhenToldAndFreedAtTheEnd() {
        var a = join("a");
        var b = join("b");
        var c = join("c");
        swarm.reserveSource(a);
        swarm.reserveSource(b);
        assertThat(swarm.mayGoBackToSource(a)).isTrue();
        assertThat(swarm.mayGoBackToSource(c)).isFalse();
        swarm.fire(a, Event.DOWNLOAD_FAILED, NOW);
        assertThat(swarm.mayGoBackToSource(c)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyOrderOfEventsKeepsTheBooksStraight(long seed) {
        var random = new Random(seed);
        var hosts = new ArrayList<Host>();
        for (int i = 0; i < 6; i++) {
            hosts.add(i == 0 ? Fixtures.seed("h" + i) : host("h" + i));
        }
        int ids = 0;
        for (int step = 0; step < 4000; step++) {
            var peers = swarm.peers();
            int action = random.nextInt(10);
            if (peers.isEmpty() || action == 0) {
                swarm.join("p" + ids++, hosts.get(random.nextInt(hosts.size())), download(), NOW);
            } else {
                var peer = peers.get(random.nextInt(peers.size()));
                var other = peers.get(random.nextInt(peers.size()));
                switch (action) {
                    case 1 -> swarm.remove(peer);
                    case 2, 3 -> swarm.connect(List.of(other, peer), peer);
                    case 4 -> swarm.disconnect(peer);
                    case 5 -> swarm.block(peer, other.id());
                    case 6 -> {
                        if (swarm.mayGoBackToSource(peer) && !peer.state().isOver()) {
                            swarm.reserveSource(peer);
                        }
                    }
                    default -> {
                        var event = EVENTS.get(random.nextInt(EVENTS.size()));
                        boolean allowed = peer.state().after(event).isPresent();
                        boolean overLimit =
                                event == Event.DOWNLOAD_BACK_TO_SOURCE
                                        && !swarm.mayGoBackToSource(peer);
                        if (allowed && !overLimit) {
                            swarm.fire(peer, event, NOW);
                        }
                    }
                }
            }
            check(hosts);
        }
        List.copyOf(swarm.peers()).forEach(swarm::remove);
        for (Host host : hosts) {
            assertThat(host.uploads()).isZero();
            assertThat(host.uploadBytes()).isZero();
            assertThat(host.uploadPieces()).isZero();
            assertThat(host.uploadBitsPerSecond()).isZero();
            assertThat(host.peers()).isEmpty();
        }
        assertThat(swarm.sources()).isEmpty();
    }

    private void check(List<Host> hosts) {
        assertThat(swarm.sources().size()).isLessThanOrEqualTo(2);
        long edges = 0;
        for (Peer peer : swarm.peers()) {
            assertThat(swarm.find(peer.id())).contains(peer);
            assertThat(swarm.descendants(peer)).doesNotContain(peer);
            for (Peer child : peer.children()) {
                assertThat(child.parents()).contains(peer);
                assertThat(swarm.peers()).contains(child);
            }
            edges += peer.parents().size();
            if (peer.state().isOver()) {
                assertThat(swarm.sources()).doesNotContain(peer);
            }
        }
        assertThat(hosts.stream().mapToLong(Host::uploads).sum()).isEqualTo(edges);
        var suppliers = new HashSet<Peer>();
        swarm.suppliers(new Random(1)).forEach(suppliers::add);
        for (Peer peer : swarm.peers()) {
            boolean expected =
                    (peer.state().mayServe() || swarm.sources().contains(peer))
                            && swarm.hasData(peer);
            assertThat(suppliers.contains(peer)).as(peer.toString()).isEqualTo(expected);
            boolean othersServe =
                    swarm.peers().stream()
                            .anyMatch(other -> other != peer && other.state().mayServe());
            assertThat(swarm.othersServe(peer)).isEqualTo(othersServe);
        }
        assertThat(swarm.peers()).containsAll(suppliers);
    }

    @Test
    void theWalkVisitsEverySupplierOnce() {
        var random = new Random(3);
        for (int n = 0; n < 40; n++) {
            var seen = new ArrayList<Peer>();
            swarm.suppliers(random).forEach(seen::add);
            assertThat(seen).hasSize(n);
            assertThat(new HashSet<>(seen)).hasSize(n);
            var peer = join("x" + n);
            swarm.fire(peer, Event.REGISTER_NORMAL, NOW);
            swarm.fire(peer, Event.DOWNLOAD_SUCCEEDED, NOW);
        }
    }

    private Peer join(String name) {
        return swarm.join(name, host(name), download(), NOW);
    }
}
