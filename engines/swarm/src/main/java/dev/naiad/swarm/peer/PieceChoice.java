package dev.naiad.swarm.peer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Chooses senders and pieces of one task: the least busy neighbour first, and of what it has the
 * piece that fewest have, so that every peer soon has something to give that others lack. What a
 * reader waits for goes before the rest.
 *
 * <p>A seed gives each piece once before it gives any twice: a piece counts as less rare the more
 * often the seed has sent it.
 *
 * <p>Not thread-safe.
 */
public final class PieceChoice {
    /** One sending by a seed counts as much as so many neighbours that have the piece. */
    private static final int SENT_WEIGHT = 4;

    private final RandomGenerator random;
    private final int[] availability;
    private final List<Neighbour> neighbours = new ArrayList<>();

    /** For a task of so many pieces. */
    public PieceChoice(int pieces, RandomGenerator random) {
        this.availability = new int[pieces];
        this.random = random;
    }

    /** Adds a neighbour that was not added before. */
    public void add(Neighbour neighbour) {
        neighbours.add(neighbour);
        count(neighbour, 1);
    }

    /** The neighbour has the piece. */
    public void has(Neighbour neighbour, int piece) {
        if (!neighbour.has(piece)) {
            neighbour.pieces().set(piece);
            availability[piece] += neighbour.isUsable() ? 1 : 0;
        }
    }

    /** The neighbour does not have the piece, or did not give it. */
    public void lacks(Neighbour neighbour, int piece) {
        if (neighbour.has(piece)) {
            neighbour.pieces().clear(piece);
            availability[piece] -= neighbour.isUsable() ? 1 : 0;
        }
    }

    /** Nothing more is taken from the neighbour. */
    public void drop(Neighbour neighbour) {
        if (neighbour.isUsable()) {
            count(neighbour, -1);
            neighbour.setUsable(false);
        }
    }

    private void count(Neighbour neighbour, int by) {
        neighbour.pieces().stream().forEach(piece -> availability[piece] += by);
    }

    /** How many usable neighbours have the piece. */
    public int availability(int piece) {
        return availability[piece];
    }

    /** A transfer began. */
    public void began(Neighbour neighbour) {
        neighbour.began();
    }

    /** A transfer ended, well or not. */
    public void ended(Neighbour neighbour) {
        neighbour.ended();
    }

    /** Whether some usable neighbour with a free slot has one of the pieces. */
    public boolean canBegin(BitSet open) {
        return neighbours.stream()
                .anyMatch(each -> each.isUsable() && each.hasCredit() && overlaps(each, open));
    }

    private static boolean overlaps(Neighbour neighbour, BitSet open) {
        return neighbour.pieces().intersects(open);
    }

    /** From whom to take one particular piece: the least busy one that has it, busy or not. */
    public Optional<Neighbour> sender(int piece) {
        return leastBusy(neighbour -> neighbour.has(piece), false);
    }

    /**
     * The next transfer, from a neighbour with a free slot; empty if there is none.
     *
     * @param open pieces that are wanted, missing, and not under way
     * @param urgent of these, the ones that a reader waits for
     */
    public Optional<Pick> next(BitSet open, BitSet urgent) {
        if (open.isEmpty()) {
            return Optional.empty();
        }
        return leastBusy(neighbour -> overlaps(neighbour, open), true)
                .map(from -> new Pick(from, rarest(from, open, urgent)));
    }

    private Optional<Neighbour> leastBusy(
            java.util.function.Predicate<Neighbour> condition, boolean withCredit) {
        Neighbour best = null;
        int ties = 0;
        for (Neighbour each : neighbours) {
            if (!each.isUsable() || (withCredit && !each.hasCredit()) || !condition.test(each)) {
                continue;
            }
            if (best == null || each.load() < best.load()) {
                best = each;
                ties = 1;
            } else if (each.load() == best.load() && random.nextInt(++ties) == 0) {
                best = each;
            }
        }
        return Optional.ofNullable(best);
    }

    private int rarest(Neighbour from, BitSet open, BitSet urgent) {
        BitSet candidates = (BitSet) from.pieces().clone();
        candidates.and(open);
        if (candidates.intersects(urgent)) {
            candidates.and(urgent);
        }
        int best = -1;
        int least = Integer.MAX_VALUE;
        int ties = 0;
        for (int piece = candidates.nextSetBit(0);
                piece >= 0;
                piece = candidates.nextSetBit(piece + 1)) {
            int rank = availability[piece] + SENT_WEIGHT * from.sent(piece);
            if (rank < least) {
                best = piece;
                least = rank;
                ties = 1;
            } else if (rank == least && random.nextInt(++ties) == 0) {
                best = piece;
            }
        }
        return best;
    }
}
