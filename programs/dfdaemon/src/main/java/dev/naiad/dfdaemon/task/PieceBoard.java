package dev.naiad.dfdaemon.task;

import dev.naiad.dragonfly.api.common.Peer;
import dev.naiad.swarm.peer.PieceChoice;
import dev.naiad.swarm.peer.SlotLimit;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Decides which piece of one task is fetched next, and from whom. A pure state machine: no clock,
 * no thread, no I/O; the active task tells it what happens and asks it what to do.
 *
 * <p>Pieces that a reader waits for ("demanded") go before pieces that are merely wanted. A piece
 * comes from a parent that has it; from the origin only if the swarm cannot bring it in time (see
 * {@link SourceRule}).
 */
final class PieceBoard {
    /**
     * How much at once.
     *
     * @param demanded transfers of demanded pieces
     * @param background transfers of others from peers, to begin with
     * @param backgroundFromSource others from the origin: few, so that a demanded piece does not
     *     share the origin with many
     * @param perParent transfers from one parent that does not say how many it bears
     * @param grace how long a silent swarm may keep a demanded piece from the origin
     */
    record Limits(
            int demanded,
            int background,
            int backgroundFromSource,
            int perParent,
            Duration grace) {}

    private static final int MOST_BACKGROUND = 16;

    /** Pieces to ask a parent for which it does not have yet. */
    record Ask(Parent parent, List<Integer> pieces, boolean demanded) {}

    private final int count;
    private final IntPredicate present;
    private final Limits limits;
    private final RandomGenerator random;
    private final Demands demands = new Demands();
    private final BitSet wanted = new BitSet();
    private final InFlight inFlight = new InFlight();
    private final PieceChoice choice;
    private final ParentSet parents;
    private final SourceRule source;
    private final SlotLimit slots;
    private final BitSet none = new BitSet();
    private boolean rescheduled;
    private long rescheduledAt;

    PieceBoard(int count, IntPredicate present, Limits limits, RandomGenerator random) {
        this.count = count;
        this.present = present;
        this.limits = limits;
        this.random = random;
        this.choice = new PieceChoice(count, random);
        this.parents = new ParentSet(choice, limits.perParent());
        this.source = new SourceRule(parents, limits.grace(), random.nextDouble());
        this.slots =
                new SlotLimit(limits.background(), Math.max(limits.background(), MOST_BACKGROUND));
    }

    // ---- what happens

    void swarm(SwarmState now, long nowNanos) {
        source.swarm(now, nowNanos);
    }

    SwarmState swarm() {
        return source.swarm();
    }

    void demand(int piece, long nowNanos) {
        demands.add(piece, nowNanos);
    }

    void undemand(int piece) {
        demands.remove(piece);
    }

    /** No reader waits for the piece any more. */
    void undemandAll(int piece) {
        demands.removeAll(piece);
    }

    void unwant(int piece) {
        wanted.clear(piece);
    }

    /**
     * Some reader is after these pieces.
     *
     * @param hurry whether it waits for all of them
     */
    void want(int from, int toExclusive, boolean hurry) {
        wanted.set(from, toExclusive);
        if (hurry) {
            source.hurry(from, toExclusive);
        }
    }

    /**
     * Time passes.
     *
     * @param bytes that came for this task, ever
     */
    void tick(long nowNanos, long bytes) {
        slots.tick(nowNanos, bytes, inFlight.fromParents() >= slots.limit());
    }

    /** Some reader would have these pieces from the origin rather than not at all. */
    void allowSource(int from, int toExclusive) {
        source.allow(from, toExclusive);
    }

    void unwantAll() {
        wanted.clear();
        source.forbidAll();
    }

    /** The parent of this peer id, added if it is not known. */
    Parent parent(Peer peer, long nowNanos) {
        return parents.get(peer, nowNanos);
    }

    Iterable<Parent> parents() {
        return parents;
    }

    /** Nothing more is taken from this parent in this task. */
    void drop(Parent parent) {
        parent.drop();
    }

    /** Bytes of the transfer come. */
    void moves(Transfer transfer) {
        inFlight.moves(transfer);
    }

    /** Most of the transfer's bytes are here. */
    void nearsItsEnd(Transfer transfer) {
        inFlight.nearsItsEnd(transfer);
    }

    /** The transfer ended, well or not. */
    void ended(Transfer transfer) {
        inFlight.remove(transfer);
    }

    /** The origin failed for a piece that may still come from elsewhere. */
    void retryLater(int piece, long nowNanos) {
        source.retryAt(piece, nowNanos + limits.grace().toNanos() / 2);
    }

    // ---- what to do

    boolean isInFlight(int piece) {
        return inFlight.contains(piece);
    }

    boolean isBusy() {
        return !inFlight.isEmpty();
    }

    boolean isDemanded(int piece) {
        return demands.contains(piece);
    }

    Optional<Long> demandedSince(int piece) {
        return demands.since(piece);
    }

    /**
     * Pieces that are waited for and not even under way, while nothing at all moved for so long.
     */
    List<Integer> silentSince(long nanos, long nowNanos, long lastMoved) {
        if (nowNanos - lastMoved <= nanos) {
            return List.of();
        }
        var silent = demands.waitingSince(nowNanos - nanos, this::isMissing);
        addHurried(silent, this::isMissing);
        return silent;
    }

    /** Pieces that nothing can bring, and that were waited for during the grace. */
    List<Integer> outOfReach(long nowNanos) {
        IntPredicate lost = piece -> isMissing(piece) && source.isOutOfReach(piece);
        var pieces = demands.waitingSince(nowNanos - limits.grace().toNanos(), lost);
        if (source.isOlderThan(limits.grace(), nowNanos)) {
            addHurried(pieces, lost);
        }
        return pieces;
    }

    private void addHurried(List<Integer> pieces, IntPredicate condition) {
        wanted.stream()
                .filter(piece -> source.isHurried(piece) && !demands.contains(piece))
                .filter(condition)
                .forEach(pieces::add);
    }

    /** Whether anything is asked for that is not here. */
    boolean hasOpenWishes() {
        return demands.anyMatch(piece -> !present.test(piece))
                || wanted.stream().anyMatch(piece -> !present.test(piece));
    }

    /** The transfers to begin now; they count as begun. */
    List<Transfer> next(long nowNanos) {
        var begun = new ArrayList<Transfer>();
        for (int piece : demands.pieces()) {
            if (inFlight.count(true) >= limits.demanded()) {
                return begun;
            }
            if (isMissing(piece)) {
                var sender = choice.sender(piece);
                if (sender.isPresent()) {
                    begin(piece, parents.of(sender.get()), true, begun);
                } else if (source.permits(piece, demands.get(piece), nowNanos)) {
                    begin(piece, null, true, begun);
                }
            }
        }
        takeFromParents(begun);
        takeFromSource(nowNanos, begun);
        return begun;
    }

    private void takeFromParents(List<Transfer> begun) {
        BitSet open = open();
        // One more is asked for while one waits for its first byte or ends, so that the link is
        // busy in between.
        while (inFlight.movingFromParents() < slots.limit()
                && inFlight.fromParents() <= slots.limit()) {
            var pick = choice.next(open, none);
            if (pick.isEmpty()) {
                return;
            }
            open.clear(pick.get().piece());
            begin(pick.get().piece(), parents.of(pick.get().from()), false, begun);
        }
    }

    private void takeFromSource(long nowNanos, List<Transfer> begun) {
        int running = inFlight.fromSource(false);
        if (running >= limits.backgroundFromSource()) {
            return;
        }
        for (int piece : backgroundOrder()) {
            if (running >= limits.backgroundFromSource()) {
                return;
            }
            if (!parents.isOffered(piece) && source.permits(piece, null, nowNanos)) {
                begin(piece, null, false, begun);
                running++;
            }
        }
    }

    /** What parents are to be asked for, because no known peer has it; counts as asked. */
    List<Ask> asks() {
        if (swarm() == SwarmState.BACK_TO_SOURCE) {
            return List.of();
        }
        var asks = new ArrayList<Ask>();
        for (boolean demanded : new boolean[] {true, false}) {
            Map<Parent, List<Integer>> byParent = new LinkedHashMap<>();
            int left = demanded ? Integer.MAX_VALUE : limits.background() - openAsks();
            Iterable<Integer> pieces = demanded ? demands.pieces() : backgroundOrder();
            for (int piece : pieces) {
                if (left <= 0) {
                    break;
                }
                if (!isMissing(piece) || parents.isOffered(piece)) {
                    continue;
                }
                Parent willing;
                if (!parents.isAsked(piece)) {
                    willing = parents.willing(piece, demanded);
                } else {
                    willing = demanded ? parents.lazy(piece) : null;
                }
                if (willing != null) {
                    willing.ask(piece, demanded);
                    byParent.computeIfAbsent(willing, any -> new ArrayList<>()).add(piece);
                    left--;
                }
            }
            byParent.forEach((parent, list) -> asks.add(new Ask(parent, list, demanded)));
        }
        return asks;
    }

    /**
     * Pieces that no parent has, fetches or may yet announce: for these the scheduler must name
     * other parents. At most a few times per grace, so that it is not pestered.
     */
    List<Integer> hopeless(long nowNanos) {
        if (swarm() != SwarmState.PARENTS
                || (rescheduled && nowNanos - rescheduledAt < limits.grace().toNanos() / 6)) {
            return List.of();
        }
        var pieces = new ArrayList<Integer>();
        for (int piece : demands.pieces()) {
            if (isMissing(piece) && !mayCome(piece)) {
                pieces.add(piece);
            }
        }
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            if (isMissing(piece) && !demands.contains(piece) && !mayCome(piece)) {
                pieces.add(piece);
            }
        }
        if (!pieces.isEmpty()) {
            rescheduled = true;
            rescheduledAt = nowNanos;
        }
        return pieces;
    }

    /** Whether some parent has the piece, fetches it for us, or may yet tell us of it. */
    boolean mayCome(int piece) {
        return parents.mayBring(piece);
    }

    private void begin(int piece, @Nullable Parent parent, boolean demanded, List<Transfer> begun) {
        var transfer = new Transfer(piece, parent, demanded);
        inFlight.add(transfer);
        begun.add(transfer);
    }

    /** Wanted pieces that are neither here nor under way, and that no reader waits for. */
    private BitSet open() {
        var open = new BitSet();
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            open.set(piece, isMissing(piece) && !demands.contains(piece));
        }
        return open;
    }

    private int openAsks() {
        int open = 0;
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            if (!present.test(piece) && parents.isAsked(piece)) {
                open++;
            }
        }
        return open;
    }

    private boolean isMissing(int piece) {
        return piece < count && !present.test(piece) && !inFlight.contains(piece);
    }

    /** Wanted, missing pieces: from the origin in order, among peers from a random start. */
    private List<Integer> backgroundOrder() {
        var order = new ArrayList<Integer>();
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            if (isMissing(piece) && !demands.contains(piece)) {
                order.add(piece);
            }
        }
        if (swarm() == SwarmState.PARENTS && order.size() > 1) {
            // Peers at the same position have nothing to give each other: each starts elsewhere.
            Collections.rotate(order, random.nextInt(order.size()));
        }
        return order;
    }
}
