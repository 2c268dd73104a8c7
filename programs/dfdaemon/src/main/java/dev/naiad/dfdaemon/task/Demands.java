package dev.naiad.dfdaemon.task;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** The pieces of one task that readers wait for, in the order of waiting. Not thread-safe. */
final class Demands {
    /** Readers waiting for one piece. */
    static final class Demand {
        private final long since;
        private int readers;

        private Demand(long since) {
            this.since = since;
        }

        long since() {
            return since;
        }
    }

    private final Map<Integer, Demand> demands = new LinkedHashMap<>();

    void add(int piece, long nowNanos) {
        demands.computeIfAbsent(piece, any -> new Demand(nowNanos)).readers++;
    }

    void remove(int piece) {
        Demand demand = demands.get(piece);
        if (demand != null && --demand.readers <= 0) {
            demands.remove(piece);
        }
    }

    void removeAll(int piece) {
        demands.remove(piece);
    }

    boolean contains(int piece) {
        return demands.containsKey(piece);
    }

    @Nullable Demand get(int piece) {
        return demands.get(piece);
    }

    Optional<Long> since(int piece) {
        return Optional.ofNullable(demands.get(piece)).map(demand -> demand.since);
    }

    /** A copy: what is done with them may end demands. */
    List<Integer> pieces() {
        return List.copyOf(demands.keySet());
    }

    boolean anyMatch(IntPredicate condition) {
        return demands.keySet().stream().anyMatch(condition::test);
    }

    /** Those of {@code condition} that are waited for since {@code nanos} or longer. */
    List<Integer> waitingSince(long nanos, IntPredicate condition) {
        var waiting = new ArrayList<Integer>();
        demands.forEach(
                (piece, demand) -> {
                    if (demand.since <= nanos && condition.test(piece)) {
                        waiting.add(piece);
                    }
                });
        return waiting;
    }
}
