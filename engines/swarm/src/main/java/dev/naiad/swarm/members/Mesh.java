package dev.naiad.swarm.members;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * The members of one task that exchange pieces, and which of them know each other: a random, nearly
 * regular graph. Neighbours are drawn by index, so a draw costs the same in a task of ten members
 * and of a hundred thousand. Not thread-safe.
 *
 * @param <M> a member, compared by {@code equals}
 */
public final class Mesh<M> {
    /** Neighbours that a member is given. */
    public static final int DEGREE = 16;

    /** Neighbours that a member has at most, counting those that were given it. */
    public static final int MOST = 2 * DEGREE;

    /** Of those given, how many are seeds. */
    private static final int SEEDS = 2;

    /** Draws in vain before a search is given up, per neighbour that is sought. */
    private static final int DRAWS = 4;

    /** What a member has. */
    public enum Kind {
        /** Fetches from the origin for others. */
        SEED,
        /** Has everything. */
        COMPLETE,
        /** Is getting it. */
        ACTIVE
    }

    private static final class Place<M> {
        private Kind kind;
        private int index;
        private int degree;
        private final Set<M> known = new LinkedHashSet<>();

        Place(Kind kind) {
            this.kind = kind;
        }
    }

    private final Map<M, Place<M>> places = new LinkedHashMap<>();
    private final Map<Kind, List<M>> byKind =
            Map.of(
                    Kind.SEED, new ArrayList<>(),
                    Kind.COMPLETE, new ArrayList<>(),
                    Kind.ACTIVE, new ArrayList<>());

    /** Adds a member, or moves it to another kind. */
    public void put(M member, Kind kind) {
        Place<M> place = places.get(member);
        if (place == null) {
            place = new Place<>(kind);
            places.put(member, place);
        } else if (place.kind == kind) {
            return;
        } else {
            takeOut(place);
            place.kind = kind;
        }
        List<M> list = list(kind);
        place.index = list.size();
        list.add(member);
    }

    /** Takes a member out; who knew it has a place for another one. */
    public void remove(M member) {
        Place<M> place = places.remove(member);
        if (place == null) {
            return;
        }
        takeOut(place);
        for (M other : place.known) {
            Place<M> theirs = places.get(other);
            if (theirs != null && theirs.known.remove(member)) {
                theirs.degree--;
            }
        }
    }

    private void takeOut(Place<M> place) {
        List<M> list = list(place.kind);
        M moved = list.removeLast();
        if (place.index < list.size()) {
            list.set(place.index, moved);
            placeOf(moved).index = place.index;
        }
    }

    private List<M> list(Kind kind) {
        return java.util.Objects.requireNonNull(byKind.get(kind));
    }

    private Place<M> placeOf(M member) {
        return java.util.Objects.requireNonNull(places.get(member));
    }

    /** How many members there are. */
    public int size() {
        return places.size();
    }

    /** How many neighbours a member has. */
    public int degree(M member) {
        Place<M> place = places.get(member);
        return place == null ? 0 : place.degree;
    }

    /** The neighbours of a member, those that gave it nothing included. */
    public List<M> neighbours(M member) {
        Place<M> place = places.get(member);
        return place == null ? List.of() : List.copyOf(place.known);
    }

    /**
     * Neighbours for a member, until it has {@link #DEGREE}: seeds, complete ones, and mostly
     * members that are getting it themselves. From now on they know each other.
     *
     * @param fits whether a member may be given to this one
     * @return those that are new to it; none for one that is not a member
     */
    public List<M> introduce(M member, Predicate<M> fits, RandomGenerator random) {
        Place<M> place = places.get(member);
        var chosen = new ArrayList<M>();
        if (place == null) {
            return chosen;
        }
        int wanted = DEGREE - place.degree;
        draw(Kind.SEED, Math.min(SEEDS, wanted), member, place, fits, random, chosen);
        int rest = wanted - chosen.size();
        // A few that have all, more of them where few are under way.
        int active = Math.max(rest * 3 / 4, rest - list(Kind.COMPLETE).size());
        draw(Kind.ACTIVE, active, member, place, fits, random, chosen);
        draw(Kind.COMPLETE, wanted - chosen.size(), member, place, fits, random, chosen);
        return chosen;
    }

    private void draw(
            Kind kind,
            int wanted,
            M member,
            Place<M> place,
            Predicate<M> fits,
            RandomGenerator random,
            List<M> chosen) {
        List<M> list = list(kind);
        int found = 0;
        if (list.size() <= DRAWS * wanted) {
            int start = list.isEmpty() ? 0 : random.nextInt(list.size());
            for (int i = 0; i < list.size() && found < wanted; i++) {
                found += take(list.get((start + i) % list.size()), member, place, fits, chosen);
            }
            return;
        }
        for (int i = 0; i < DRAWS * wanted && found < wanted; i++) {
            found += take(list.get(random.nextInt(list.size())), member, place, fits, chosen);
        }
    }

    private int take(M other, M member, Place<M> place, Predicate<M> fits, List<M> chosen) {
        Place<M> theirs = placeOf(other);
        // Seeds and complete members only give: their uploads have a limit of their own.
        boolean full = theirs.kind == Kind.ACTIVE && theirs.degree >= MOST;
        if (other.equals(member) || full || place.known.contains(other) || !fits.test(other)) {
            return 0;
        }
        place.known.add(other);
        place.degree++;
        if (theirs.known.add(member)) {
            theirs.degree++;
        }
        chosen.add(other);
        return 1;
    }

    /** The two do not take from each other any more; both may be given another one. */
    public void part(M one, M other) {
        Place<M> place = places.get(one);
        if (place != null && place.known.contains(other)) {
            place.degree--;
        }
        // It stays known, so that it is not given again.
    }
}
