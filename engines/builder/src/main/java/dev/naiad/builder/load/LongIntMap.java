package dev.naiad.builder.load;

/** A map from positive longs to ints that holds no objects. */
final class LongIntMap {
    private long[] keys = new long[64]; // key + 1, 0 is free
    private int[] values = new int[64];
    private int size;

    int get(long key, int otherwise) {
        int slot = find(keys, key + 1);
        return keys[slot] == 0 ? otherwise : values[slot];
    }

    void put(long key, int value) {
        if (size * 2 >= keys.length) {
            grow();
        }
        int slot = find(keys, key + 1);
        if (keys[slot] == 0) {
            keys[slot] = key + 1;
            size++;
        }
        values[slot] = value;
    }

    private static int find(long[] table, long key) {
        long hash = key * 0x9E37_79B9_7F4A_7C15L;
        int mask = table.length - 1;
        int slot = (int) (hash >>> 32) & mask;
        while (table[slot] != 0 && table[slot] != key) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldValues = values;
        keys = new long[oldKeys.length * 2];
        values = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != 0) {
                int slot = find(keys, oldKeys[i]);
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
            }
        }
    }
}
