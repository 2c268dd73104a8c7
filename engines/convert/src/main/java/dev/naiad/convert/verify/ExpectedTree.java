package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The tree that an archive or a pile of layers describes, put together without the builder. Nodes
 * are numbers, the root is 0; the names of a hard-linked file share one. Not thread-safe while it
 * grows.
 */
public final class ExpectedTree {
    static final int ROOT = 0;
    private static final int NONE = -1;

    /** How many symlinks may still be followed for one path, all together. */
    private static final class Following {
        private static final int MOST = 40; // as Linux
        private int left;

        private Following(int followed) {
            left = MOST - followed;
        }

        boolean another() {
            return left > 0 && left-- > 0;
        }
    }

    private final NodeColumns nodes = new NodeColumns();
    private final NameTable names = new NameTable();
    private List<PendingLink> pending = new ArrayList<>();

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record PendingLink(byte[] path, byte[] target, ExpectedNode below) {}

    ExpectedTree() {
        nodes.add(ExpectedNode.IMPLIED_DIRECTORY);
    }

    NodeColumns nodes() {
        return nodes;
    }

    NameTable names() {
        return names;
    }

    /** An entry of an archive; a later one replaces an earlier one. */
    void put(PathParts path, ExpectedNode node) {
        int last = path.count() - 1;
        if (last >= 0) {
            put(parent(path), path.bytes(), path.from(last), path.to(last), node);
        } else if (NodeColumns.isDirectory(node)) {
            nodes.set(ROOT, node);
        }
    }

    /** A directory that replaces a directory takes over what is in it. Gives the node. */
    int put(int directory, byte[] name, int from, int to, ExpectedNode node) {
        int present = names.node(directory, name, from, to);
        if (present != NONE && nodes.isDirectory(present) && NodeColumns.isDirectory(node)) {
            nodes.set(present, node);
            return present;
        }
        int id = nodes.add(node);
        place(directory, name, from, to, id);
        return id;
    }

    /** Lets a name stand for a node of this tree, whatever it stood for. */
    void place(int directory, byte[] name, int from, int to, int id) {
        if (nodes.isDirectory(id)) {
            nodes.parent(id, directory);
        }
        names.put(directory, name, from, to, id);
    }

    /**
     * A hard link; its target may come later.
     *
     * @param below what stands for it if the target is in a lower layer
     */
    void link(PathParts path, PathParts target, ExpectedNode below) {
        int node = find(target);
        if (node == NONE || nodes.isDirectory(node)) {
            pending.add(new PendingLink(path.absolute(), target.absolute(), below));
        } else {
            placeLink(path, node);
        }
    }

    private void placeLink(PathParts path, int target) {
        int last = path.count() - 1;
        if (last >= 0) {
            int id = shared(target);
            place(parent(path), path.bytes(), path.from(last), path.to(last), id);
        }
    }

    /** Only regular files share an inode. */
    int shared(int node) {
        return nodes.isRegular(node) ? node : nodes.copy(nodes, node);
    }

    /** Resolves links whose target came later. */
    void finish() {
        boolean progress = true;
        while (progress && !pending.isEmpty()) {
            var left = new ArrayList<PendingLink>();
            for (var link : pending) {
                int node = find(PathParts.of(link.target));
                if (node == NONE || nodes.isDirectory(node)) {
                    left.add(link);
                } else {
                    var path = PathParts.of(link.path);
                    if (exactly(path) == NONE) {
                        placeLink(path, node);
                    }
                }
            }
            progress = left.size() < pending.size();
            pending = left;
        }
        pending.forEach(link -> put(PathParts.of(link.path), link.below));
        pending = List.of();
    }

    private int exactly(PathParts path) {
        int at = ROOT;
        for (int i = 0; i < path.count() && at != NONE; i++) {
            at = names.node(at, path.bytes(), path.from(i), path.to(i));
        }
        return at;
    }

    /**
     * The node at a path, or -1; symlinks on the way are followed inside the tree, a last one is
     * not.
     */
    int find(PathParts path) {
        int last = path.count() - 1;
        if (last < 0) {
            return ROOT;
        }
        int directory = descend(ROOT, path, last, new Following(0), false);
        return directory == NONE
                ? NONE
                : names.node(directory, path.bytes(), path.from(last), path.to(last));
    }

    /** The directory for the last part: symlinks on the way are followed, missing ones made. */
    private int parent(PathParts path) {
        return descend(ROOT, path, path.count() - 1, new Following(0), true);
    }

    /** The directory that a symlink in a directory leads to, or -1; made if wanted. */
    int behind(int directory, int symlink, boolean make) {
        return follow(directory, symlink, new Following(1), make);
    }

    private int follow(int directory, int symlink, Following following, boolean make) {
        byte[] target = nodes.target(symlink);
        var way = PathParts.of(target);
        int start = ROOT;
        if (target.length == 0 || target[0] != '/') {
            start = directory;
            for (int i = 0; i < way.above() && start != ROOT; i++) {
                start = nodes.parent(start);
            }
        }
        return descend(start, way, way.count(), following, make);
    }

    private int descend(int from, PathParts path, int count, Following following, boolean make) {
        int at = from;
        for (int i = 0; i < count; i++) {
            int next = names.node(at, path.bytes(), path.from(i), path.to(i));
            if (next != NONE && nodes.isSymlink(next) && following.another()) {
                next = follow(at, next, following, make);
            } else if (make && (next == NONE || !nodes.isDirectory(next))) {
                next =
                        put(
                                at,
                                path.bytes(),
                                path.from(i),
                                path.to(i),
                                ExpectedNode.IMPLIED_DIRECTORY);
            }
            if (next == NONE || !nodes.isDirectory(next)) {
                return NONE;
            }
            at = next;
        }
        return at;
    }

    boolean isImplied(int node) {
        return nodes.origin(node) == Origin.IMPLIED;
    }

    /** The names in a directory, sorted; bytes as characters. */
    Set<String> namesIn(int directory) {
        var result = new TreeSet<String>();
        names.forEach(
                directory,
                at -> result.add(new String(names.name(at), StandardCharsets.ISO_8859_1)));
        return result;
    }

    /** Where a name of a directory is, for people. */
    String path(int directory, byte[] name) {
        return (directory == ROOT ? "" : path(directory)) + "/" + text(name);
    }

    /** Where a directory is, for people. */
    String path(int directory) {
        if (directory == ROOT) {
            return "/";
        }
        var path = new StringBuilder();
        for (int at = directory; at != ROOT; at = nodes.parent(at)) {
            int place = names.anyPlaceOf(at);
            path.insert(0, "/" + (place == NONE ? "?" : text(names.name(place))));
        }
        return path.toString();
    }

    private static String text(byte[] name) {
        return new String(name, StandardCharsets.UTF_8);
    }
}
