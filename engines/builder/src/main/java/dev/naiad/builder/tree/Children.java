package dev.naiad.builder.tree;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.RandomAccess;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one directory, in byte order of their names: 4 bytes for each. Names that come in
 * order are appended. Others wait in a second sorted array whose size is a few times the square
 * root of the total: so a million names in any order take neither quadratic time nor a tree node
 * each. A removed entry keeps its place, marked, until the directory is listed. Not thread-safe,
 * not even for readers.
 */
final class Children extends AbstractList<TreeEntry> implements RandomAccess {
    private static final TreeEntry[] EMPTY = {};
    private static final int FEW = 32;

    private TreeEntry[] sorted = EMPTY;
    private int sortedCount;
    private TreeEntry[] late = EMPTY;
    private int lateCount;
    private int gone;
    // Where the name that was last looked for would be, as a search tells it.
    private int soughtInSorted = ~0;
    private int soughtInLate;

    @Nullable TreeEntry find(byte[] name) {
        @Nullable TreeEntry entry = null;
        soughtInSorted = search(sorted, sortedCount, name);
        if (soughtInSorted >= 0) {
            entry = sorted[soughtInSorted];
        } else if (lateCount > 0) {
            soughtInLate = search(late, lateCount, name);
            entry = soughtInLate >= 0 ? late[soughtInLate] : null;
        }
        return entry == null || entry.isGone() ? null : entry;
    }

    /** Adds an entry of the name that {@link #find} has just not found, or the first one. */
    void insert(TreeEntry entry) {
        if (soughtInSorted >= 0) {
            sorted[soughtInSorted] = entry;
            gone--;
            return;
        }
        if (lateCount > 0 && soughtInLate >= 0) {
            late[soughtInLate] = entry;
            gone--;
            return;
        }
        if (lateCount == 0 && soughtInSorted == ~sortedCount) {
            if (sortedCount == sorted.length) {
                sorted = Arrays.copyOf(sorted, larger(sortedCount));
            }
            sorted[sortedCount++] = entry;
            return;
        }
        if (lateCount >= FEW && (long) lateCount * lateCount >= 4L * sortedCount) {
            merge();
            find(entry.name());
            insert(entry);
            return;
        }
        if (lateCount == late.length) {
            late = Arrays.copyOf(late, Math.max(FEW, larger(lateCount)));
        }
        int at = lateCount == 0 ? 0 : ~soughtInLate;
        System.arraycopy(late, at, late, at + 1, lateCount - at);
        late[at] = entry;
        lateCount++;
    }

    private static int larger(int count) {
        return Math.addExact(count, Math.max(4, count / 2));
    }

    /** Removes the entry of that name, if there is one. */
    void remove(byte[] name) {
        var entry = find(name);
        if (entry != null) {
            entry.markGone();
            gone++;
        }
    }

    /** The number of entries, counted without sorting them. */
    int count() {
        return sortedCount + lateCount - gone;
    }

    @Override
    public int size() {
        settle();
        return sortedCount;
    }

    @Override
    public TreeEntry get(int index) {
        settle();
        if (index >= sortedCount) {
            throw new IndexOutOfBoundsException(index);
        }
        return sorted[index];
    }

    @Override
    public Object[] toArray() {
        settle();
        return Arrays.copyOf(sorted, sortedCount, Object[].class);
    }

    private void settle() {
        if (lateCount > 0) {
            merge();
            late = EMPTY;
        }
        if (gone > 0) {
            int kept = 0;
            for (int i = 0; i < sortedCount; i++) {
                if (!sorted[i].isGone()) {
                    sorted[kept++] = sorted[i];
                }
            }
            sorted = Arrays.copyOf(sorted, kept);
            sortedCount = kept;
            gone = 0;
        }
    }

    private void merge() {
        int count = sortedCount + lateCount;
        if (count > sorted.length) {
            sorted = Arrays.copyOf(sorted, Math.max(count, larger(sortedCount)));
        }
        int from = sortedCount - 1;
        int to = count - 1;
        for (int i = lateCount - 1; i >= 0; i--) {
            int above = ~search(sorted, from + 1, late[i].name());
            int moved = from + 1 - above;
            System.arraycopy(sorted, above, sorted, to - moved + 1, moved);
            from -= moved;
            to -= moved;
            sorted[to--] = late[i];
        }
        sortedCount = count;
        Arrays.fill(late, 0, lateCount, null);
        lateCount = 0;
    }

    /** As {@link Arrays#binarySearch}; the ends first, where most names go. */
    private static int search(TreeEntry[] entries, int count, byte[] name) {
        if (count == 0) {
            return ~0;
        }
        int order = compare(entries[count - 1].name(), name);
        if (order <= 0) {
            return order == 0 ? count - 1 : ~count;
        }
        order = compare(entries[0].name(), name);
        if (order >= 0) {
            return order == 0 ? 0 : ~0;
        }
        int low = 1;
        int high = count - 2;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            order = compare(entries[middle].name(), name);
            if (order == 0) {
                return middle;
            }
            if (order < 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return ~low;
    }

    /** As {@link Arrays#compareUnsigned}, which is slow for short arrays. */
    private static int compare(byte[] a, byte[] b) {
        int length = Math.min(a.length, b.length);
        for (int i = 0; i < length; i++) {
            if (a[i] != b[i]) {
                return (a[i] & 0xff) - (b[i] & 0xff);
            }
        }
        return a.length - b.length;
    }
}
