package dev.naiad.builder.tree;

import java.util.ArrayDeque;

/**
 * Lays one tree over another. In each directory the upper one's whiteouts go first, then its other
 * entries replace or add: so a removal and an addition of the same name in one layer leave the
 * addition. docs/formats/rafs-v6.md#overlay
 */
public final class Overlay {
    private record Pair(TreeEntry lower, TreeEntry upper) {}

    private Overlay() {}

    /**
     * Changes {@code lower} into the result; {@code upper} gives up its entries and must not be
     * used again.
     */
    public static void apply(FileTree lower, FileTree upper, WhiteoutSpec spec) {
        lower.root().replaceInode(upper.root().inode());
        var open = new ArrayDeque<Pair>();
        open.push(new Pair(lower.root(), upper.root()));
        while (!open.isEmpty()) {
            var pair = open.pop();
            removals(pair, spec);
            for (var entry : pair.upper.children()) {
                switch (spec.meaningOf(entry)) {
                    case WhiteoutSpec.Meaning.Removal r -> {}
                    case WhiteoutSpec.Meaning.OpaqueMarker m -> {}
                    case WhiteoutSpec.Meaning.Content c -> add(open, pair.lower, entry);
                    case WhiteoutSpec.Meaning.OpaqueDirectory d -> {
                        var xattrs =
                                entry.inode().xattrs().stream()
                                        .filter(x -> !WhiteoutSpec.isOpaque(x))
                                        .toList();
                        entry.inode().xattrs(xattrs);
                        add(open, pair.lower, entry);
                    }
                }
            }
        }
    }

    private static void removals(Pair pair, WhiteoutSpec spec) {
        for (var entry : pair.upper.children()) {
            switch (spec.meaningOf(entry)) {
                case WhiteoutSpec.Meaning.Content c -> {}
                case WhiteoutSpec.Meaning.Removal removal -> pair.lower.remove(removal.victim());
                case WhiteoutSpec.Meaning.OpaqueMarker m -> pair.lower.clear();
                case WhiteoutSpec.Meaning.OpaqueDirectory d -> {
                    var present = pair.lower.child(entry.name());
                    if (present != null) {
                        present.clear();
                    }
                }
            }
        }
    }

    private static void add(ArrayDeque<Pair> open, TreeEntry lower, TreeEntry entry) {
        var placed = lower.put(entry.name(), entry.inode());
        if (entry.isDirectory()) {
            open.push(new Pair(placed, entry));
        }
    }
}
