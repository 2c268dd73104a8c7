package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The tree that containers see: layers over each other as unpackers lay them, without markers; put
 * together without the builder.
 */
final class ExpectedOverlay {
    private static final int NONE = -1;
    private static final byte[] WHITEOUT = ".wh.".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] OPAQUE = ".wh..wh..opq".getBytes(StandardCharsets.US_ASCII);

    private final ExpectedTree lower;
    private final NodeColumns below;
    private final ExpectedTree upper;
    private final NodeColumns nodes;
    private final NameTable names;

    /** What files of the upper layer are in the lower tree: names of a file share one. */
    private final int[] placed;

    private final Map<Integer, Integer> links = new HashMap<>();
    private final Deque<Pair> open = new ArrayDeque<>();

    /** A directory of the upper layer, and the one it is laid over. */
    private record Pair(int below, int node) {}

    /** A name of the upper layer that goes into a directory of the lower one. */
    private record Late(int below, int name) {}

    private ExpectedOverlay(ExpectedTree lower, ExpectedTree upper) {
        this.lower = lower;
        this.below = lower.nodes();
        this.upper = upper;
        this.nodes = upper.nodes();
        this.names = upper.names();
        this.placed = new int[nodes.count()];
        Arrays.fill(placed, NONE);
    }

    /** Lays them over each other, the lowest first. */
    static ExpectedTree of(List<ExpectedTree> layers) {
        return over(new ExpectedTree(), layers);
    }

    /**
     * The same for layers that nobody needs any more: the lowest, which mostly is the largest,
     * becomes the result.
     */
    static ExpectedTree consuming(List<ExpectedTree> layers) {
        if (layers.isEmpty() || layers.lastIndexOf(layers.getFirst()) > 0) {
            return of(layers);
        }
        var lowest = layers.getFirst();
        lowest.names().removeIf(name -> isMarker(lowest.names(), name));
        return over(lowest, layers.subList(1, layers.size()));
    }

    private static ExpectedTree over(ExpectedTree result, List<ExpectedTree> layers) {
        for (var layer : layers) {
            var overlay = new ExpectedOverlay(result, layer);
            overlay.findLinks();
            overlay.remove();
            overlay.add();
        }
        return result;
    }

    private boolean isMarker(int name) {
        return isMarker(names, name);
    }

    private static boolean isMarker(NameTable names, int name) {
        return names.to(name) - names.from(name) > WHITEOUT.length
                && startsWith(names, name, WHITEOUT);
    }

    private boolean isOpaque(int name) {
        return names.to(name) - names.from(name) == OPAQUE.length
                && startsWith(names, name, OPAQUE);
    }

    private static boolean startsWith(NameTable names, int name, byte[] start) {
        int from = names.from(name);
        return Arrays.equals(names.bytes(), from, from + start.length, start, 0, start.length);
    }

    /** The lower node of the same name, or -1. */
    private int present(int directory, int name) {
        return lower.names().node(directory, names.bytes(), names.from(name), names.to(name));
    }

    /** Hard links are older than what the layer removes. */
    private void findLinks() {
        for (int node = 0; node < nodes.count(); node++) {
            if (nodes.origin(node) == Origin.LINK_BELOW) {
                int target = lower.find(PathParts.of(nodes.target(node)));
                if (target != NONE && !below.isDirectory(target)) {
                    links.put(node, lower.shared(target));
                }
            }
        }
    }

    private void remove() {
        open.push(new Pair(ExpectedTree.ROOT, ExpectedTree.ROOT));
        while (!open.isEmpty()) {
            var pair = open.pop();
            names.forEach(pair.node, name -> removeMarked(pair.below, name));
            names.forEach(
                    pair.node,
                    name -> {
                        int node = names.node(name);
                        if (nodes.isDirectory(node)) {
                            int directory = under(pair.below, name, node);
                            if (directory != NONE) {
                                open.push(new Pair(directory, node));
                            }
                        }
                    });
        }
    }

    private void removeMarked(int directory, int name) {
        if (isOpaque(name)) {
            lower.names().clear(directory);
        } else if (isMarker(name)) {
            int victim = names.from(name) + WHITEOUT.length;
            lower.names().remove(directory, names.bytes(), victim, names.to(name));
        }
    }

    /** The lower directory that an upper one changes: an implied one may change one far away. */
    private int under(int directory, int name, int node) {
        int present = present(directory, name);
        if (present == NONE || below.isDirectory(present)) {
            return present;
        }
        return leadsOn(present, node) ? lower.behind(directory, present, false) : NONE;
    }

    private boolean leadsOn(int present, int node) {
        return upper.isImplied(node) && below.isSymlink(present);
    }

    private void add() {
        if (!upper.isImplied(ExpectedTree.ROOT)) {
            below.describe(ExpectedTree.ROOT, nodes, ExpectedTree.ROOT);
        }
        var late = new ArrayDeque<Late>();
        open.push(new Pair(ExpectedTree.ROOT, ExpectedTree.ROOT));
        while (!open.isEmpty() || !late.isEmpty()) {
            if (open.isEmpty()) {
                var next = late.pop();
                place(next.below, next.name);
                continue;
            }
            var pair = open.pop();
            names.forEach(
                    pair.node,
                    name -> {
                        if (isMarker(name)) {
                            return;
                        }
                        int present = present(pair.below, name);
                        if (present != NONE && leadsOn(present, names.node(name))) {
                            // The layer may replace what the symlink leads to.
                            late.add(new Late(pair.below, name));
                        } else {
                            place(pair.below, name);
                        }
                    });
        }
    }

    private void place(int directory, int name) {
        int node = names.node(name);
        if (!nodes.isDirectory(node)) {
            put(directory, name, file(node));
            return;
        }
        int present = present(directory, name);
        int there = present;
        if (present != NONE && leadsOn(present, node)) {
            there = lower.behind(directory, present, true);
        } else if (present != NONE && below.isDirectory(present)) {
            if (!upper.isImplied(node)) {
                below.describe(present, nodes, node);
            }
        } else {
            there = below.copy(nodes, node);
            put(directory, name, there);
        }
        if (there != NONE) {
            open.push(new Pair(there, node));
        }
    }

    private int file(int node) {
        Integer link = links.get(node);
        if (link != null) {
            return link;
        }
        if (placed[node] == NONE) {
            placed[node] = below.copy(nodes, node);
        }
        return placed[node];
    }

    private void put(int directory, int name, int id) {
        lower.place(directory, names.bytes(), names.from(name), names.to(name), id);
    }
}
