package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.FileType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tree that containers see: layers over each other as unpackers lay them, without markers; put
 * together without the builder. The layers themselves stay as they are.
 */
final class ExpectedOverlay {
    private static final String WHITEOUT = ".wh.";
    private static final String OPAQUE = ".wh..wh..opq";

    private final ExpectedTree lower;
    private final ExpectedTree upper;
    private final IdentityHashMap<ExpectedNode, ExpectedNode> links = new IdentityHashMap<>();
    private final Deque<Pair> open = new ArrayDeque<>();

    /** A directory of the upper layer, and the one it is laid over. */
    private record Pair(List<String> path, ExpectedNode below, ExpectedNode node) {}

    private record Late(
            List<String> directory, ExpectedNode below, String name, ExpectedNode node) {}

    private ExpectedOverlay(ExpectedTree lower, ExpectedTree upper) {
        this.lower = lower;
        this.upper = upper;
    }

    /** Lays them over each other, the lowest first. */
    static ExpectedTree of(List<ExpectedTree> layers) {
        var result = new ExpectedTree();
        for (var layer : layers) {
            var overlay = new ExpectedOverlay(result, layer);
            overlay.findLinks();
            overlay.remove();
            overlay.add();
        }
        return result;
    }

    private static boolean isMarker(String name) {
        return name.startsWith(WHITEOUT) && name.length() > WHITEOUT.length();
    }

    /** Hard links are older than what the layer removes. */
    private void findLinks() {
        var directories = new ArrayDeque<ExpectedNode>();
        directories.push(upper.root());
        while (!directories.isEmpty()) {
            for (var node : directories.pop().children().values()) {
                if (node.isDirectory()) {
                    directories.push(node);
                } else if (node.origin() == Origin.LINK_BELOW) {
                    var target = lower.find(ExpectedTree.split(TarFields.bytes(node.target())));
                    if (target != null && !target.isDirectory()) {
                        links.put(node, target.isRegular() ? target : target.with(Map.of()));
                    }
                }
            }
        }
    }

    private void remove() {
        open.push(new Pair(List.of(), lower.root(), upper.root()));
        while (!open.isEmpty()) {
            var pair = open.pop();
            for (String name : pair.node.children().keySet()) {
                if (name.equals(OPAQUE)) {
                    pair.below.children().clear();
                } else if (isMarker(name)) {
                    pair.below.children().remove(name.substring(WHITEOUT.length()));
                }
            }
            pair.node
                    .children()
                    .forEach(
                            (name, node) -> {
                                var below = node.isDirectory() ? under(pair, name, node) : null;
                                if (below != null) {
                                    open.push(new Pair(way(pair, name), below, node));
                                }
                            });
        }
    }

    /** The lower directory that an upper one changes: an implied one may change one far away. */
    private @Nullable ExpectedNode under(Pair pair, String name, ExpectedNode node) {
        var present = pair.below.child(name);
        if (present == null || present.isDirectory()) {
            return present;
        }
        return leadsOn(present, node) ? lower.behind(pair.path, present, false) : null;
    }

    private static boolean leadsOn(ExpectedNode present, ExpectedNode node) {
        return node.isImplied() && present.type() == FileType.SYMLINK;
    }

    /** Where the lower directory is. */
    private static List<String> way(Pair pair, String name) {
        var present = pair.below.child(name);
        return present == null || present.isDirectory()
                ? join(pair.path, name)
                : ExpectedTree.resolve(pair.path, present.target());
    }

    private static List<String> join(List<String> path, String name) {
        var joined = new ArrayList<>(path);
        joined.add(name);
        return joined;
    }

    private void add() {
        if (!upper.root().isImplied()) {
            lower.replaceRoot(upper.root());
        }
        var late = new ArrayDeque<Late>();
        open.push(new Pair(List.of(), lower.root(), upper.root()));
        while (!open.isEmpty() || !late.isEmpty()) {
            if (open.isEmpty()) {
                var next = late.pop();
                place(next.directory, next.below, next.name, next.node);
                continue;
            }
            var pair = open.pop();
            for (var entry : pair.node.children().entrySet()) {
                var present = pair.below.child(entry.getKey());
                if (isMarker(entry.getKey())) {
                    continue;
                }
                if (present != null && leadsOn(present, entry.getValue())) {
                    // The layer may replace what the symlink leads to.
                    late.add(new Late(pair.path, pair.below, entry.getKey(), entry.getValue()));
                } else {
                    place(pair.path, pair.below, entry.getKey(), entry.getValue());
                }
            }
        }
    }

    private void place(List<String> path, ExpectedNode below, String name, ExpectedNode node) {
        if (!node.isDirectory()) {
            below.children().put(name, links.getOrDefault(node, node));
            return;
        }
        var present = below.child(name);
        @Nullable ExpectedNode placed = present;
        var way = join(path, name);
        if (present != null && leadsOn(present, node)) {
            way = ExpectedTree.resolve(path, present.target());
            placed = lower.behind(path, present, true);
        } else if (present == null || !present.isDirectory() || !node.isImplied()) {
            placed = below.put(name, node.with(new HashMap<>()));
        }
        if (placed != null) {
            open.push(new Pair(way, placed, node));
        }
    }
}
