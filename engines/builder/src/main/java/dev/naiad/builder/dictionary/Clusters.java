package dev.naiad.builder.dictionary;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Groups sets that overlap (DBSCAN): a set with enough neighbours makes a cluster with them, and
 * their neighbours join. The radius grows until most sets have found one.
 */
final class Clusters {
    private static final int NEIGHBOURS = 10;
    private static final int FIRST_RADIUS = 50; // per cent of what two sets do not share
    private static final int LAST_RADIUS = 90;
    private static final int STEP = 5;
    private static final int MOST_ROUNDS = 7;
    private static final int FEW = 20; // per cent

    private static final int UNSEEN = -2;
    private static final int NOISE = -1;

    private final List<BitSet> sets;
    private final int[][] distances;

    private Clusters(List<BitSet> sets) {
        this.sets = sets;
        this.distances = new int[sets.size()][sets.size()];
        for (int i = 0; i < sets.size(); i++) {
            for (int j = 0; j < i; j++) {
                distances[i][j] = distance(sets.get(i), sets.get(j));
                distances[j][i] = distances[i][j];
            }
        }
    }

    /** Per cent of all elements of two sets that only one of them has, rounded up. */
    private static int distance(BitSet one, BitSet other) {
        var both = (BitSet) one.clone();
        both.and(other);
        long shared = both.cardinality();
        long all = (long) one.cardinality() + other.cardinality() - shared;
        return all == 0 ? 0 : (int) ((100 * (all - shared) + all - 1) / all);
    }

    /**
     * The clusters, each a list of indexes into {@code sets}. A set without a cluster is in no
     * list.
     */
    static List<List<Integer>> of(List<BitSet> sets) {
        var clusters = new Clusters(sets);
        var result = List.<List<Integer>>of();
        var left = new ArrayList<Integer>();
        for (int i = 0; i < sets.size(); i++) {
            left.add(i);
        }
        var all = new ArrayList<List<Integer>>();
        int radius = FIRST_RADIUS;
        for (int round = 0; round < MOST_ROUNDS && radius <= LAST_RADIUS; round++) {
            result = clusters.find(left, radius);
            int found = 0;
            for (var cluster : result) {
                left.removeAll(cluster);
                found += cluster.size();
            }
            all.addAll(result);
            // If few sets join now, a larger radius would only group unrelated ones.
            if (found * 100 < FEW * (found + left.size())) {
                break;
            }
            radius += STEP;
        }
        return all;
    }

    private List<List<Integer>> find(List<Integer> members, int radius) {
        int[] cluster = new int[sets.size()];
        Arrays.fill(cluster, UNSEEN);
        int count = 0;
        for (int start : members) {
            if (cluster[start] != UNSEEN) {
                continue;
            }
            var near = near(members, start, radius);
            if (near.size() < NEIGHBOURS) {
                cluster[start] = NOISE;
                continue;
            }
            grow(members, radius, cluster, count, start, near);
            count++;
        }
        var result = new ArrayList<List<Integer>>();
        for (int c = 0; c < count; c++) {
            int wanted = c;
            result.add(members.stream().filter(member -> cluster[member] == wanted).toList());
        }
        return result;
    }

    private void grow(
            List<Integer> members,
            int radius,
            int[] cluster,
            int number,
            int start,
            List<Integer> near) {
        cluster[start] = number;
        var open = new ArrayDeque<>(near);
        while (!open.isEmpty()) {
            int next = open.pop();
            boolean seen = cluster[next] != UNSEEN;
            if (!seen || cluster[next] == NOISE) {
                cluster[next] = number;
            }
            if (!seen) {
                var more = near(members, next, radius);
                if (more.size() >= NEIGHBOURS) {
                    open.addAll(more);
                }
            }
        }
    }

    /** Itself among them. */
    private List<Integer> near(List<Integer> members, int center, int radius) {
        return members.stream().filter(other -> distances[center][other] <= radius).toList();
    }
}
