package dev.naiad.dfdaemon.task;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** What the readers of one active task are after, kept on its board. Under the task's lock. */
final class Wishes {
    private final PieceBoard board;

    /** By identity: two readers may wish the same. */
    private final Set<Wish> wishes = Collections.newSetFromMap(new IdentityHashMap<>());

    Wishes(PieceBoard board) {
        this.board = board;
    }

    void add(Wish wish) {
        wishes.add(wish);
        put(wish);
    }

    private void put(Wish wish) {
        board.want(wish.from(), wish.to(), !wish.prefetch());
        if (wish.source()) {
            board.allowSource(wish.from(), wish.to());
        }
    }

    void remove(Wish wish) {
        wishes.remove(wish);
        board.unwantAll();
        wishes.forEach(this::put);
    }

    boolean isEmpty() {
        return wishes.isEmpty();
    }

    boolean cover(int piece) {
        return wishes.stream().anyMatch(wish -> wish.covers(piece));
    }

    /** Whether some reader is after all of so many pieces. */
    boolean coverAll(int count) {
        return wishes.stream().anyMatch(wish -> wish.from() == 0 && wish.to() >= count);
    }

    /** Whether no reader waits: everything is prefetch. */
    boolean areAllPrefetch() {
        return wishes.stream().allMatch(Wish::prefetch);
    }
}
