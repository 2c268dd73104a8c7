package dev.naiad.dfdaemon.task;

import dev.naiad.dragonfly.HostIds;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The parents of one task, in the order in which they were named. Not thread-safe. */
final class ParentSet implements Iterable<Parent> {
    private final Map<String, Parent> parents = new LinkedHashMap<>();
    private final RandomGenerator random;

    ParentSet(RandomGenerator random) {
        this.random = random;
    }

    /** Adds a parent, or gives the one that is known by this peer id. */
    Parent add(Parent fresh) {
        Parent known = parents.putIfAbsent(fresh.peerId(), fresh);
        return known == null ? fresh : known;
    }

    @Override
    public Iterator<Parent> iterator() {
        return parents.values().iterator();
    }

    /** Whether some parent has the piece, fetches it for us, or may yet tell us of it. */
    boolean mayBring(int piece) {
        for (Parent parent : parents.values()) {
            if (mayBring(parent, piece)) {
                return true;
            }
        }
        return false;
    }

    /** When one of those that may bring the piece last moved; empty if none may. */
    OptionalLong lastProgress(int piece) {
        var last = OptionalLong.empty();
        for (Parent parent : parents.values()) {
            if (mayBring(parent, piece)) {
                last =
                        OptionalLong.of(
                                last.isEmpty()
                                        ? parent.lastProgress()
                                        : Math.max(last.getAsLong(), parent.lastProgress()));
            }
        }
        return last;
    }

    private static boolean mayBring(Parent parent, int piece) {
        return parent.offers(piece)
                || (!parent.isDropped()
                        && !parent.hasRefused(piece)
                        && (parent.isAsked(piece) || parent.isListening()));
    }

    /**
     * The least busy parent that has the piece, of equals a random one.
     *
     * @param outstanding one with so many transfers is too busy
     */
    @Nullable Parent holder(int piece, int outstanding) {
        Parent best = null;
        int ties = 0;
        for (Parent parent : parents.values()) {
            if (!parent.offers(piece) || parent.outstanding() >= outstanding) {
                continue;
            }
            if (best == null || parent.outstanding() < best.outstanding()) {
                best = parent;
                ties = 1;
            } else if (parent.outstanding() == best.outstanding() && random.nextInt(++ties) == 0) {
                best = parent;
            }
        }
        return best;
    }

    /** A parent that may fetch the piece for us: seeds first. */
    @Nullable Parent willing(int piece) {
        Parent other = null;
        for (Parent parent : parents.values()) {
            if (!parent.isWilling() || parent.hasRefused(piece) || parent.isAsked(piece)) {
                continue;
            }
            if (HostIds.isSeed(parent.hostId())) {
                return parent;
            }
            other = other == null ? parent : other;
        }
        return other;
    }

    /** A parent that was asked without hurry for what a reader now waits for. */
    @Nullable Parent lazy(int piece) {
        for (Parent parent : parents.values()) {
            if (parent.isWilling() && parent.isAskedWithoutHurry(piece)) {
                return parent;
            }
        }
        return null;
    }

    /** Whether some parent was asked for the piece. */
    boolean isAsked(int piece) {
        for (Parent parent : parents.values()) {
            if (!parent.isDropped() && parent.isAsked(piece)) {
                return true;
            }
        }
        return false;
    }
}
