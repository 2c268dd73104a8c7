package dev.naiad.snapshotter.bolt;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A page's elements in memory. {@code page} is where they came from, 0 for a node that was never
 * stored or whose page has already been given back. Belongs to one transaction.
 */
final class BoltNode {
    final boolean leaf;
    final List<BoltEntry> entries;
    long page;
    boolean dirty;

    BoltNode(boolean leaf, List<BoltEntry> entries, long page) {
        this.leaf = leaf;
        this.entries = new ArrayList<>(entries);
        this.page = page;
    }

    /** Position of {@code key}, or {@code -(insertion point) - 1}. */
    int find(byte[] key) {
        int low = 0;
        int high = entries.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            int order = Arrays.compareUnsigned(entries.get(middle).key(), key);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return -low - 1;
    }

    /**
     * Position of the child that holds {@code key}; the first one also for keys below all others.
     */
    int childFor(byte[] key) {
        int found = find(key);
        return found >= 0 ? found : Math.max(0, -found - 2);
    }

    long size() {
        return BoltPage.size(entries);
    }
}
