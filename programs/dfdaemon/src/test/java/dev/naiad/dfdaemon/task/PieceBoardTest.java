package dev.naiad.dfdaemon.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.naiad.dragonfly.api.common.Host;
import dev.naiad.dragonfly.api.common.Peer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class PieceBoardTest {
    private static final InetSocketAddress ADDRESS =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    private static final Duration GRACE = Duration.ofSeconds(3);

    private final BitSet present = new BitSet();
    private final PieceBoard board =
            new PieceBoard(
                    20, present::get, new PieceBoard.Limits(4, 2, 1, 2, GRACE), new Random(1));

    @BeforeEach
    void allowSource() {
        board.allowSource(0, 20);
    }

    private static long at(double seconds) {
        return (long) (seconds * 1e9);
    }

    private Parent parent(String name, boolean seed) {
        return board.parent(
                Peer.newBuilder()
                        .setId(name)
                        .setHost(Host.newBuilder().setId(name + (seed ? "-seed" : "")))
                        .build(),
                0);
    }

    private static List<Integer> pieces(List<Transfer> transfers) {
        return transfers.stream().map(Transfer::piece).toList();
    }

    @Test
    void whatReadersWaitForGoesFirstAndTheRestIsLimited() {
        board.swarm(SwarmState.BACK_TO_SOURCE, 0);
        board.want(0, 20, false);
        board.demand(7, 0);
        board.demand(3, 0);
        assertThat(pieces(board.next(at(0)))).containsExactly(7, 3, 0);
        assertThat(board.next(at(0))).isEmpty();
    }

    @Test
    void aPieceInFlightIsNotFetchedAgain() {
        board.swarm(SwarmState.BACK_TO_SOURCE, 0);
        board.demand(5, 0);
        List<Transfer> first = board.next(0);
        board.demand(5, 0);
        assertThat(board.next(0)).isEmpty();
        board.ended(first.getFirst());
        present.set(5);
        assertThat(board.next(0)).isEmpty();
    }

    @Test
    void whileTheSchedulerThinksOnlyAWaitingReaderGoesToTheOriginAndOnlyAfterTheGrace() {
        board.swarm(SwarmState.ASKING, 0);
        board.want(0, 20, false);
        board.demand(1, at(0));
        assertThat(board.next(at(2.9))).isEmpty();
        assertThat(pieces(board.next(at(3.1)))).containsExactly(1);
    }

    @Test
    void aParentThatMovesKeepsTheReaderFromTheOrigin() {
        board.swarm(SwarmState.PARENTS, 0);
        Parent seed = parent("s", true);
        seed.streamOpened();
        board.demand(1, 0);
        for (double second = 0; second < 20; second += 1) {
            seed.progress(at(second));
            assertThat(board.next(at(second + 0.5))).isEmpty();
        }
        assertThat(pieces(board.next(at(22.5)))).containsExactly(1);
    }

    @Test
    void parentsThatHaveThePieceAreUsedInTurn() {
        board.swarm(SwarmState.PARENTS, 0);
        Parent a = parent("a", false);
        Parent b = parent("b", false);
        for (int piece = 0; piece < 6; piece++) {
            a.announced(piece, ADDRESS, Optional.empty());
            b.announced(piece, ADDRESS, Optional.empty());
            board.demand(piece, 0);
        }
        List<Transfer> begun = board.next(0);
        assertThat(begun).hasSize(4);
        assertThat(begun).filteredOn(t -> t.parent() == a).hasSize(2);
        assertThat(begun).filteredOn(t -> t.parent() == b).hasSize(2);
    }

    @Test
    void aDroppedParentIsNotUsed() {
        board.swarm(SwarmState.ALONE, 0);
        Parent a = parent("a", false);
        a.announced(0, ADDRESS, Optional.empty());
        board.drop(a);
        board.demand(0, 0);
        assertThat(board.next(0)).singleElement().extracting(Transfer::parent).isNull();
    }

    @Test
    void aSeedIsAskedForWhatNobodyHasAndNotTwice() {
        board.swarm(SwarmState.PARENTS, 0);
        Parent node = parent("n", false);
        Parent seed = parent("s", true);
        node.greeted();
        seed.greeted();
        board.demand(4, 0);
        assertThat(board.asks())
                .singleElement()
                .satisfies(
                        ask -> {
                            assertThat(ask.parent()).isSameAs(seed);
                            assertThat(ask.pieces()).containsExactly(4);
                            assertThat(ask.demanded()).isTrue();
                        });
        assertThat(board.asks()).isEmpty();
        seed.refuse(4);
        assertThat(board.asks()).singleElement().extracting(PieceBoard.Ask::parent).isSameAs(node);
        node.refuseAll();
        assertThat(board.hopeless(at(1))).containsExactly(4);
        assertThat(board.hopeless(at(1))).isEmpty();
    }

    @Test
    void whatWasAskedForWithoutHurryIsAskedForAgainWhenAReaderWaits() {
        board.swarm(SwarmState.PARENTS, 0);
        Parent seed = parent("s", true);
        seed.greeted();
        board.want(2, 3, false);
        assertThat(board.asks())
                .singleElement()
                .extracting(PieceBoard.Ask::demanded)
                .isEqualTo(false);
        board.demand(2, 0);
        assertThat(board.asks())
                .singleElement()
                .extracting(PieceBoard.Ask::demanded)
                .isEqualTo(true);
        assertThat(board.asks()).isEmpty();
    }

    @Test
    void peersOfOthersAreNotAsked() {
        board.swarm(SwarmState.PARENTS, 0);
        parent("rust", true).streamOpened();
        board.demand(4, 0);
        assertThat(board.asks()).isEmpty();
        assertThat(board.hopeless(at(1))).isEmpty();
    }

    @Test
    void whereTheOriginIsForbiddenNothingIsTakenFromIt() {
        board.unwantAll();
        board.swarm(SwarmState.ALONE, 0);
        board.demand(0, 0);
        assertThat(board.next(at(100))).isEmpty();
        assertThat(board.silentSince(GRACE.toNanos(), at(100), 0)).containsExactly(0);
    }

    @Test
    void whatOneReaderMayTakeFromTheOriginIsTakenThoughAnotherMayNot() {
        board.unwantAll();
        board.swarm(SwarmState.BACK_TO_SOURCE, 0);
        board.want(0, 20, false);
        board.allowSource(0, 3);
        for (int piece : new int[] {2, 3, 4}) {
            board.demand(piece, 0);
        }
        assertThat(pieces(board.next(0))).containsExactly(2, 0);
    }

    @Test
    void whatNothingCanBringIsOutOfReachAfterTheGrace() {
        board.unwantAll();
        board.allowSource(1, 2);
        board.swarm(SwarmState.ALONE, 0);
        for (int piece : new int[] {0, 1, 2}) {
            board.demand(piece, 0);
        }
        parent("a", false).announced(2, ADDRESS, Optional.empty());
        assertThat(board.outOfReach(at(2.9))).isEmpty();
        assertThat(board.outOfReach(at(3.1))).containsExactly(0);
        board.swarm(SwarmState.ASKING, at(4));
        assertThat(board.outOfReach(at(9))).isEmpty();
    }
}
