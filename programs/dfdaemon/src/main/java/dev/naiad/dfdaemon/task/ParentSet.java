package dev.naiad.dfdaemon.task;

import dev.naiad.dragonfly.HostIds;
import dev.naiad.dragonfly.api.common.Peer;
import dev.naiad.swarm.peer.Neighbour;
import dev.naiad.swarm.peer.PieceChoice;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** The parents of one task, in the order in which they were named. Not thread-safe. */
final class ParentSet implements Iterable<Parent> {
    private final Map<String, Parent> parents = new LinkedHashMap<>();
    private final PieceChoice choice;
    private final int slots;

    /**
     * None yet.
     *
     * @param slots transfers from one parent that run at once, unless it says otherwise
     */
    ParentSet(PieceChoice choice, int slots) {
        this.choice = choice;
        this.slots = slots;
    }

    /** The parent of this peer id, added if it is not known. */
    Parent get(Peer peer, long nowNanos) {
        return parents.computeIfAbsent(
                peer.getId(), id -> new Parent(peer, choice, slots, nowNanos));
    }

    /** The parent that a neighbour stands for. */
    Parent of(Neighbour neighbour) {
        return Objects.requireNonNull(parents.get(neighbour.toString()));
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

    /** Whether some parent has the piece. */
    boolean isOffered(int piece) {
        for (Parent parent : parents.values()) {
            if (parent.offers(piece)) {
                return true;
            }
        }
        return false;
    }

    /**
     * A parent that may fetch the piece for us, seeds first; none if nobody waits and it comes
     * anyway.
     */
    @Nullable Parent willing(int piece, boolean demanded) {
        Parent other = null;
        for (Parent parent : parents.values()) {
            if (!parent.isWilling() || parent.hasRefused(piece) || parent.isAsked(piece)) {
                continue;
            }
            if (!demanded && parent.isFetchingAll()) {
                return null; // it comes without being asked
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
