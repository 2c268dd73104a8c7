package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is expected of each node, in columns: an image may have millions of them, and an object each
 * would keep the garbage collector busy. Nodes are numbers from 0. For one thread while it grows.
 */
final class NodeColumns {
    private static final int REGULAR = FileType.REGULAR.modeBits();
    private static final int DIRECTORY = FileType.DIRECTORY.modeBits();
    private static final int SYMLINK = FileType.SYMLINK.modeBits();
    private static final int UNKNOWN = -1;

    private int count;
    private int[] mode = new int[64];
    private int[] uid = new int[64];
    private int[] gid = new int[64];
    private long[] seconds = new long[64];
    private int[] nanos = new int[64];
    private long[] value =
            new long[64]; // size of a file, number of a device, parent of a directory
    private int[] first = new int[64]; // of the sums or of the target's bytes
    private int[] length = new int[64]; // of the sums or of the target
    private int[] xattrs = new int[64];
    private byte[] origin = new byte[64];

    private final List<List<Xattr>> lists = new ArrayList<>(List.of(List.of()));
    private int[] sums = new int[64];
    private int sumCount;
    private byte[] targets = new byte[64];
    private int targetBytes;

    int count() {
        return count;
    }

    int add(ExpectedNode node) {
        int id = next();
        set(id, node);
        return id;
    }

    private int next() {
        if (count == mode.length) {
            grow(Math.addExact(count, count >> 1));
        }
        return count++;
    }

    private void grow(int size) {
        mode = Arrays.copyOf(mode, size);
        uid = Arrays.copyOf(uid, size);
        gid = Arrays.copyOf(gid, size);
        seconds = Arrays.copyOf(seconds, size);
        nanos = Arrays.copyOf(nanos, size);
        value = Arrays.copyOf(value, size);
        first = Arrays.copyOf(first, size);
        length = Arrays.copyOf(length, size);
        xattrs = Arrays.copyOf(xattrs, size);
        origin = Arrays.copyOf(origin, size);
    }

    /** Describes a node anew; a directory stays where it is. */
    void set(int id, ExpectedNode node) {
        mode[id] = node.mode();
        uid[id] = u32(node.uid(), "uid");
        gid[id] = u32(node.gid(), "gid");
        seconds[id] = node.mtimeSeconds();
        nanos[id] = node.mtimeNanos();
        origin[id] = (byte) node.origin().number();
        xattrs[id] = node.xattrs().isEmpty() ? 0 : lists.size();
        if (!node.xattrs().isEmpty()) {
            lists.add(node.xattrs());
        }
        if (isRegular(id)) {
            value[id] = node.size();
            var pieces = node.pieces();
            first[id] = pieces.known() ? addSums(pieces.sums(), 0, pieces.count()) : UNKNOWN;
            length[id] = pieces.count();
        } else if (isSymlink(id)) {
            first[id] = addTarget(node.target(), 0, node.target().length);
            length[id] = node.target().length;
        } else if (!isDirectory(id)) {
            value[id] = node.rdev();
        }
    }

    private static int u32(long number, String what) {
        if (number >>> 32 != 0) {
            throw new IllegalStateException(what + " " + number);
        }
        return (int) number;
    }

    private int addSums(int[] source, int from, int number) {
        if (sumCount + number > sums.length) {
            sums = Arrays.copyOf(sums, Math.addExact(sumCount + number, sums.length >> 1));
        }
        System.arraycopy(source, from, sums, sumCount, number);
        sumCount += number;
        return sumCount - number;
    }

    private int addTarget(byte[] source, int from, int number) {
        if (targetBytes + number > targets.length) {
            targets =
                    Arrays.copyOf(
                            targets, Math.addExact(targetBytes + number, targets.length >> 1));
        }
        System.arraycopy(source, from, targets, targetBytes, number);
        targetBytes += number;
        return targetBytes - number;
    }

    /** Adds what another table (or this one) says of a node. */
    int copy(NodeColumns from, int id) {
        int to = next();
        describe(to, from, id);
        if (from.isRegular(id)) {
            value[to] = from.value[id];
            boolean known = from.first[id] != UNKNOWN;
            first[to] = known ? addSums(from.sums, from.first[id], from.length[id]) : UNKNOWN;
            length[to] = from.length[id];
        } else if (from.isSymlink(id)) {
            first[to] = addTarget(from.targets, from.first[id], from.length[id]);
            length[to] = from.length[id];
        } else if (!from.isDirectory(id)) {
            value[to] = from.value[id];
        }
        return to;
    }

    /** Describes a directory as another table does; it stays where it is. */
    void describe(int to, NodeColumns from, int id) {
        mode[to] = from.mode[id];
        uid[to] = from.uid[id];
        gid[to] = from.gid[id];
        seconds[to] = from.seconds[id];
        nanos[to] = from.nanos[id];
        origin[to] = from.origin[id];
        xattrs[to] = from.xattrs[id] == 0 ? 0 : lists.size();
        if (from.xattrs[id] != 0) {
            lists.add(from.xattrs(id));
        }
    }

    static boolean isDirectory(ExpectedNode node) {
        return (node.mode() & FileType.MASK) == DIRECTORY;
    }

    int mode(int id) {
        return mode[id];
    }

    boolean isRegular(int id) {
        return (mode[id] & FileType.MASK) == REGULAR;
    }

    boolean isDirectory(int id) {
        return (mode[id] & FileType.MASK) == DIRECTORY;
    }

    boolean isSymlink(int id) {
        return (mode[id] & FileType.MASK) == SYMLINK;
    }

    long uid(int id) {
        return Integer.toUnsignedLong(uid[id]);
    }

    long gid(int id) {
        return Integer.toUnsignedLong(gid[id]);
    }

    long mtimeSeconds(int id) {
        return seconds[id];
    }

    int mtimeNanos(int id) {
        return nanos[id];
    }

    /** Of a regular file. */
    long size(int id) {
        return value[id];
    }

    /** Of a device; 0 for a FIFO. */
    long rdev(int id) {
        return value[id];
    }

    /** Of a directory; the root's own for the root. */
    int parent(int id) {
        return (int) value[id];
    }

    void parent(int id, int directory) {
        value[id] = directory;
    }

    List<Xattr> xattrs(int id) {
        return lists.get(xattrs[id]);
    }

    Origin origin(int id) {
        return Origin.of(origin[id]);
    }

    /** Of a regular file. */
    int pieces(int id) {
        return length[id];
    }

    boolean knowsPieces(int id) {
        return first[id] != UNKNOWN;
    }

    int sum(int id, int piece) {
        return sums[first[id] + piece];
    }

    byte[] target(int id) {
        return Arrays.copyOfRange(targets, first[id], first[id] + length[id]);
    }
}
