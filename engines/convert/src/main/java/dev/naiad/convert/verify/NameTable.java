package dev.naiad.convert.verify;

import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;

/**
 * The names in directories, in columns: which node a directory's name stands for. Names are bytes.
 * For one thread while it changes.
 */
final class NameTable {
    private static final int NONE = -1;

    private final int seed =
            System.identityHashCode(this); // names made to collide do so in one table only
    private int count;
    private int[] directory = new int[64];
    private int[] begin = new int[65]; // in the bytes of all names, and the end of the last
    private int[] node = new int[64]; // NONE: taken away
    private int[] chain = new int[64]; // the next one of the same bucket
    private int[] sibling = new int[64]; // the one that came before in the same directory
    private byte[] bytes = new byte[1024];
    private int[] buckets = new int[128];

    // By directory.
    private int[] last = new int[64];
    private int[] size = new int[64];

    NameTable() {
        Arrays.fill(buckets, NONE);
        Arrays.fill(last, NONE);
    }

    private int hash(int dir, byte[] name, int from, int to) {
        int hash = seed ^ dir * 0x9e3779b1;
        for (int i = from; i < to; i++) {
            hash = (hash ^ name[i]) * 0x01000193;
        }
        hash ^= hash >>> 15;
        hash *= 0x85ebca6b;
        return hash ^ hash >>> 13;
    }

    /** The place of a name, or -1. */
    int find(int dir, byte[] name, int from, int to) {
        int at = buckets[hash(dir, name, from, to) & (buckets.length - 1)];
        while (at != NONE && !is(at, dir, name, from, to)) {
            at = chain[at];
        }
        return at;
    }

    private boolean is(int at, int dir, byte[] name, int from, int to) {
        return directory[at] == dir
                && begin[at + 1] - begin[at] == to - from
                && Arrays.equals(bytes, begin[at], begin[at + 1], name, from, to);
    }

    /** The node behind a name, or -1. */
    int node(int dir, byte[] name, int from, int to) {
        int at = find(dir, name, from, to);
        return at == NONE ? NONE : node[at];
    }

    /** The node behind a place. */
    int node(int at) {
        return node[at];
    }

    /** Lets a name stand for a node, whatever it stood for. */
    void put(int dir, byte[] name, int from, int to, int id) {
        int at = find(dir, name, from, to);
        if (at != NONE) {
            node[at] = id;
            return;
        }
        grow(to - from, Math.max(dir, id));
        at = count++;
        directory[at] = dir;
        System.arraycopy(name, from, bytes, begin[at], to - from);
        begin[at + 1] = begin[at] + to - from;
        node[at] = id;
        sibling[at] = last[dir];
        last[dir] = at;
        size[dir]++;
        int bucket = hash(dir, name, from, to) & (buckets.length - 1);
        chain[at] = buckets[bucket];
        buckets[bucket] = at;
    }

    private void grow(int nameBytes, int highest) {
        if (count == node.length) {
            int wanted = Math.addExact(count, count >> 1);
            directory = Arrays.copyOf(directory, wanted);
            begin = Arrays.copyOf(begin, wanted + 1);
            node = Arrays.copyOf(node, wanted);
            chain = Arrays.copyOf(chain, wanted);
            sibling = Arrays.copyOf(sibling, wanted);
        }
        if (begin[count] + nameBytes > bytes.length) {
            bytes =
                    Arrays.copyOf(
                            bytes, Math.addExact(begin[count] + nameBytes, bytes.length >> 1));
        }
        if (highest >= last.length) {
            int before = last.length;
            int wanted = Math.addExact(highest + 1, before >> 1);
            last = Arrays.copyOf(last, wanted);
            Arrays.fill(last, before, wanted, NONE);
            size = Arrays.copyOf(size, wanted);
        }
        if (count >= buckets.length) {
            rehash(buckets.length * 2);
        }
    }

    private void rehash(int wanted) {
        buckets = new int[wanted];
        Arrays.fill(buckets, NONE);
        for (int at = 0; at < count; at++) {
            if (node[at] != NONE) {
                int bucket = hash(directory[at], bytes, begin[at], begin[at + 1]) & (wanted - 1);
                chain[at] = buckets[bucket];
                buckets[bucket] = at;
            }
        }
    }

    /** Takes a name away, if it is there. */
    void remove(int dir, byte[] name, int from, int to) {
        int at = find(dir, name, from, to);
        if (at != NONE) {
            remove(at);
        }
    }

    private void remove(int at) {
        int dir = directory[at];
        int bucket = hash(dir, bytes, begin[at], begin[at + 1]) & (buckets.length - 1);
        if (buckets[bucket] == at) {
            buckets[bucket] = chain[at];
        } else {
            int before = buckets[bucket];
            while (chain[before] != at) {
                before = chain[before];
            }
            chain[before] = chain[at];
        }
        node[at] = NONE;
        size[dir]--;
    }

    /** Takes all names of a directory away. */
    void clear(int dir) {
        if (dir >= last.length) {
            return;
        }
        for (int at = last[dir]; at != NONE; at = sibling[at]) {
            if (node[at] != NONE) {
                remove(at);
            }
        }
        last[dir] = NONE;
    }

    /** Takes all names away whose place the condition wants. */
    void removeIf(IntPredicate condition) {
        for (int at = 0; at < count; at++) {
            if (node[at] != NONE && condition.test(at)) {
                remove(at);
            }
        }
    }

    /** How many names a directory has. */
    int size(int dir) {
        return dir < size.length ? size[dir] : 0;
    }

    /** Visits the places of a directory's names, the youngest first. */
    void forEach(int dir, IntConsumer visitor) {
        if (dir >= last.length) {
            return;
        }
        for (int at = last[dir]; at != NONE; at = sibling[at]) {
            if (node[at] != NONE) {
                visitor.accept(at);
            }
        }
    }

    /** What {@link #from} and {@link #to} are positions in; good until the table changes. */
    byte[] bytes() {
        return bytes;
    }

    int from(int at) {
        return begin[at];
    }

    int to(int at) {
        return begin[at + 1];
    }

    byte[] name(int at) {
        return Arrays.copyOfRange(bytes, begin[at], begin[at + 1]);
    }

    int directory(int at) {
        return directory[at];
    }

    /** A place of a node's name, or -1; looks at all of them. */
    int anyPlaceOf(int id) {
        for (int at = 0; at < count; at++) {
            if (node[at] == id) {
                return at;
            }
        }
        return NONE;
    }
}
