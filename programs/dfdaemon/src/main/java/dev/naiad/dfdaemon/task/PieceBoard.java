package dev.naiad.dfdaemon.task;

import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
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
 * {@link #sourceAllowed}), so that each byte leaves the registry once.
 */
final class PieceBoard {
    /**
     * How much at once.
     *
     * @param demanded transfers of demanded pieces
     * @param background transfers of others
     * @param backgroundFromSource of those, from the origin: few, so that a demanded piece does not
     *     share the origin with many
     * @param perParent transfers from one parent
     * @param grace how long a silent swarm may keep a demanded piece from the origin
     */
    record Limits(
            int demanded,
            int background,
            int backgroundFromSource,
            int perParent,
            Duration grace) {}

    /** What the scheduler has said so far. */
    enum Swarm {
        /** Its answer is awaited. */
        ASKING,
        /** It named parents. */
        PARENTS,
        /** It sent us to the origin. */
        BACK_TO_SOURCE,
        /** There is none, or the conversation broke. */
        ALONE
    }

    /** A transfer to begin; no parent means the origin. */
    record Transfer(int piece, @Nullable Parent parent, boolean demanded) {}

    /** Pieces to ask a parent for which it does not have yet. */
    record Ask(Parent parent, List<Integer> pieces, boolean demanded) {}

    /** A reader's interest in a piece. */
    private static final class Demand {
        final long since;
        int readers;
        long retryAt;

        Demand(long since) {
            this.since = since;
            this.retryAt = since;
        }
    }

    private final int count;
    private final IntPredicate present;
    private final Limits limits;
    private final RandomGenerator random;
    private final Map<Integer, Demand> demands = new LinkedHashMap<>();
    private final BitSet wanted = new BitSet();
    private final Map<Integer, Transfer> inFlight = new HashMap<>();
    private final ParentSet parents;
    private Swarm swarm = Swarm.ALONE;
    private long swarmSince;
    private boolean sourceForbidden;
    private boolean rescheduled;
    private long rescheduledAt;

    PieceBoard(int count, IntPredicate present, Limits limits, RandomGenerator random) {
        this.count = count;
        this.present = present;
        this.limits = limits;
        this.random = random;
        this.parents = new ParentSet(random);
    }

    // ---- what happens

    void swarm(Swarm now, long nowNanos) {
        swarm = now;
        swarmSince = nowNanos;
    }

    Swarm swarm() {
        return swarm;
    }

    void forbidSource(boolean forbidden) {
        sourceForbidden = forbidden;
    }

    void demand(int piece, long nowNanos) {
        demands.computeIfAbsent(piece, any -> new Demand(nowNanos)).readers++;
    }

    void undemand(int piece) {
        Demand demand = demands.get(piece);
        if (demand != null && --demand.readers <= 0) {
            demands.remove(piece);
        }
    }

    /** Nobody waits for the piece any more. */
    void undemandAll(int piece) {
        demands.remove(piece);
    }

    void unwant(int piece) {
        wanted.clear(piece);
    }

    void want(int from, int toExclusive) {
        wanted.set(from, toExclusive);
    }

    void unwantAll() {
        wanted.clear();
    }

    /** Adds a parent, or gives the one that is known by this peer id. */
    Parent parent(Parent fresh) {
        return parents.add(fresh);
    }

    Iterable<Parent> parents() {
        return parents;
    }

    /** Nothing more is taken from this parent in this task. */
    void drop(Parent parent) {
        parent.drop();
    }

    /** The transfer ended, well or not. */
    void ended(Transfer transfer) {
        inFlight.remove(transfer.piece());
        if (transfer.parent() != null) {
            transfer.parent().ended();
        }
    }

    /** The origin failed for a demanded piece that may still come from elsewhere. */
    void retryLater(int piece, long nowNanos) {
        Demand demand = demands.get(piece);
        if (demand != null) {
            demand.retryAt = nowNanos + limits.grace().toNanos() / 2;
        }
    }

    // ---- what to do

    boolean isInFlight(int piece) {
        return inFlight.containsKey(piece);
    }

    boolean isBusy() {
        return !inFlight.isEmpty();
    }

    boolean isDemanded(int piece) {
        return demands.containsKey(piece);
    }

    Optional<Long> demandedSince(int piece) {
        return Optional.ofNullable(demands.get(piece)).map(demand -> demand.since);
    }

    /** Demanded pieces that are not even under way, while nothing at all moved for so long. */
    List<Integer> silentSince(long nanos, long nowNanos, long lastMoved) {
        var silent = new ArrayList<Integer>();
        demands.forEach(
                (piece, demand) -> {
                    if (isMissing(piece) && nowNanos - Math.max(demand.since, lastMoved) > nanos) {
                        silent.add(piece);
                    }
                });
        return silent;
    }

    /** Whether anything is asked for that is not here. */
    boolean hasOpenWishes() {
        return demands.keySet().stream().anyMatch(piece -> !present.test(piece))
                || wanted.stream().anyMatch(piece -> !present.test(piece));
    }

    /** The transfers to begin now; they count as begun. */
    List<Transfer> next(long nowNanos) {
        var begun = new ArrayList<Transfer>();
        for (Map.Entry<Integer, Demand> entry : demands.entrySet()) {
            if (running(true) >= limits.demanded()) {
                return begun;
            }
            int piece = entry.getKey();
            if (isMissing(piece)) {
                begin(piece, source(piece, entry.getValue(), nowNanos), true, begun);
            }
        }
        for (int piece : backgroundOrder()) {
            if (running(false) >= limits.background()) {
                return begun;
            }
            boolean source =
                    sourceRuns(false) < limits.backgroundFromSource()
                            && sourceAllowed(piece, null, nowNanos);
            begin(piece, source, false, begun);
        }
        return begun;
    }

    /** What parents are to be asked for, because nobody known has it; counts as asked. */
    List<Ask> asks() {
        if (swarm == Swarm.BACK_TO_SOURCE) {
            return List.of();
        }
        var asks = new ArrayList<Ask>();
        for (boolean demanded : new boolean[] {true, false}) {
            Map<Parent, List<Integer>> byParent = new LinkedHashMap<>();
            int left = demanded ? Integer.MAX_VALUE : limits.background() - openAsks();
            Iterable<Integer> pieces = demanded ? List.copyOf(demands.keySet()) : backgroundOrder();
            for (int piece : pieces) {
                if (left <= 0) {
                    break;
                }
                if (!isMissing(piece) || parents.holder(piece, Integer.MAX_VALUE) != null) {
                    continue;
                }
                Parent willing;
                if (!parents.isAsked(piece)) {
                    willing = parents.willing(piece);
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
        if (swarm != Swarm.PARENTS
                || (rescheduled && nowNanos - rescheduledAt < limits.grace().toNanos() / 6)) {
            return List.of();
        }
        var pieces = new ArrayList<Integer>();
        for (int piece : demands.keySet()) {
            if (isMissing(piece) && !mayCome(piece)) {
                pieces.add(piece);
            }
        }
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            if (isMissing(piece) && !demands.containsKey(piece) && !mayCome(piece)) {
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

    private boolean source(int piece, Demand demand, long nowNanos) {
        return nowNanos >= demand.retryAt && sourceAllowed(piece, demand, nowNanos);
    }

    /**
     * Whether the piece may be taken from the origin. Always when we were sent there or are alone
     * without a parent that could bring it. While a scheduler thinks or a parent may bring it, only
     * when a reader waits and the swarm was silent for the grace: as long as anything moves from
     * the parents that could bring it, the link is at work and a second copy would not come sooner.
     */
    private boolean sourceAllowed(int piece, @Nullable Demand demand, long nowNanos) {
        if (sourceForbidden) {
            return false;
        }
        return switch (swarm) {
            case BACK_TO_SOURCE -> true;
            case ASKING ->
                    demand != null && silent(Math.max(demand.since, swarmSince), nowNanos, 1);
            case PARENTS, ALONE -> parentsAreSilent(piece, demand, nowNanos);
        };
    }

    private boolean parentsAreSilent(int piece, @Nullable Demand demand, long nowNanos) {
        var last = parents.lastProgress(piece);
        if (last.isPresent()) {
            // Without a reader there is no hurry.
            long since = demand == null ? swarmSince : demand.since;
            return silent(Math.max(since, last.getAsLong()), nowNanos, demand == null ? 4 : 1);
        }
        // Nobody can bring it: alone we go at once, else the scheduler is asked first.
        return swarm == Swarm.ALONE || (demand != null && silent(demand.since, nowNanos, 1));
    }

    private boolean silent(long since, long nowNanos, int graces) {
        return nowNanos - since >= graces * limits.grace().toNanos();
    }

    private void begin(int piece, boolean source, boolean demanded, List<Transfer> begun) {
        Parent holder = parents.holder(piece, limits.perParent());
        if (holder == null && !source) {
            return;
        }
        var transfer = new Transfer(piece, holder, demanded);
        inFlight.put(piece, transfer);
        if (holder != null) {
            holder.began();
        }
        begun.add(transfer);
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
        return piece < count && !present.test(piece) && !inFlight.containsKey(piece);
    }

    /** Wanted, missing pieces: from the origin in order, among peers from a random start. */
    private List<Integer> backgroundOrder() {
        var order = new ArrayList<Integer>();
        for (int piece = wanted.nextSetBit(0); piece >= 0; piece = wanted.nextSetBit(piece + 1)) {
            if (isMissing(piece) && !demands.containsKey(piece)) {
                order.add(piece);
            }
        }
        if (swarm == Swarm.PARENTS && order.size() > 1) {
            // Peers at the same position have nothing to give each other: each starts elsewhere.
            Collections.rotate(order, random.nextInt(order.size()));
        }
        return order;
    }

    private int running(boolean demanded) {
        int running = 0;
        for (Iterator<Transfer> it = inFlight.values().iterator(); it.hasNext(); ) {
            running += it.next().demanded() == demanded ? 1 : 0;
        }
        return running;
    }

    private int sourceRuns(boolean demanded) {
        int running = 0;
        for (Transfer transfer : inFlight.values()) {
            running += transfer.parent() == null && transfer.demanded() == demanded ? 1 : 0;
        }
        return running;
    }
}
