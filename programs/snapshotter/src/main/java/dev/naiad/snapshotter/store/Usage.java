package dev.naiad.snapshotter.store;

/** Disk space of a snapshot: allocated bytes and the number of inodes. */
public record Usage(long size, long inodes) {
    public static final Usage NONE = new Usage(0, 0);

    public Usage plus(Usage other) {
        return new Usage(size + other.size, inodes + other.inodes);
    }
}
