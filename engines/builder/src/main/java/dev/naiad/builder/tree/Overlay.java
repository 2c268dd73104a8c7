package dev.naiad.builder.tree;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.LayerHint;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Lays one tree over another. The upper one's hard links find their targets first, then its
 * whiteouts go, then its other entries replace or add: so a removal and an addition of the same
 * name in one layer leave the addition. A directory that the upper layer does not describe keeps
 * the lower one's attributes; where the lower layer has a symlink, it is followed, inside the tree.
 * docs/formats/rafs-v6.md#overlay
 */
public final class Overlay {
    private record Pair(TreeEntry lower, TreeEntry upper) {}

    private final FileTree lower;
    private final FileTree upper;
    private final WhiteoutSpec spec;
    private final ArrayDeque<Pair> open = new ArrayDeque<>();
    private final ArrayDeque<Pair> throughSymlinks = new ArrayDeque<>();

    private Overlay(FileTree lower, FileTree upper, WhiteoutSpec spec) {
        this.lower = lower;
        this.upper = upper;
        this.spec = spec;
    }

    /**
     * Changes {@code lower} into the result; {@code upper} gives up its entries and must not be
     * used again.
     *
     * @throws NaiadException if a hard link's target is not there
     */
    public static void apply(FileTree lower, FileTree upper, WhiteoutSpec spec) {
        var overlay = new Overlay(lower, upper, spec);
        overlay.link();
        overlay.remove();
        overlay.add();
    }

    private void link() {
        upper.forEach(
                entry -> {
                    var inode = entry.inode();
                    if (inode.hint() == LayerHint.LINK_BELOW) {
                        var target = lower.findFollowing(inode.symlinkTarget());
                        if (target == null || target.isDirectory()) {
                            throw new NaiadException(
                                    ErrorKind.INVALID_ARGUMENT,
                                    "hard link "
                                            + entry.path()
                                            + ": its target "
                                            + new String(
                                                    inode.symlinkTarget(), StandardCharsets.UTF_8)
                                            + " is not a file of this layer or one below");
                        }
                        var file = target.inode();
                        entry.replaceInode(file.isRegular() ? file : file.copy());
                    }
                });
    }

    private void remove() {
        open.push(new Pair(lower.root(), upper.root()));
        while (!open.isEmpty()) {
            var pair = open.pop();
            for (var entry : pair.upper.children()) {
                switch (spec.meaningOf(entry)) {
                    case WhiteoutSpec.Meaning.Content c -> {}
                    case WhiteoutSpec.Meaning.Removal removal ->
                            pair.lower.remove(removal.victim());
                    case WhiteoutSpec.Meaning.OpaqueMarker m -> pair.lower.clear();
                    case WhiteoutSpec.Meaning.OpaqueDirectory d -> {
                        var present = pair.lower.child(entry.name());
                        if (present != null) {
                            present.clear();
                        }
                    }
                }
            }
            for (var entry : pair.upper.children()) {
                var below = entry.isDirectory() ? counterpart(pair.lower, entry) : null;
                if (below != null) {
                    open.push(new Pair(below, entry));
                }
            }
        }
    }

    /** The lower directory that the upper one changes, if there is one. */
    private @Nullable TreeEntry counterpart(TreeEntry directory, TreeEntry entry) {
        var present = directory.child(entry.name());
        if (present == null || present.isDirectory()) {
            return present;
        }
        return follows(present, entry) ? lower.behind(directory, present.inode()) : null;
    }

    private static boolean follows(TreeEntry present, TreeEntry entry) {
        return entry.inode().isImplicit() && present.inode().type() == FileType.SYMLINK;
    }

    private void add() {
        if (!upper.root().inode().isImplicit()) {
            lower.root().replaceInode(upper.root().inode());
        }
        open.push(new Pair(lower.root(), upper.root()));
        // Paths through symlinks come last: the layer may replace their targets.
        while (!open.isEmpty() || !throughSymlinks.isEmpty()) {
            if (open.isEmpty()) {
                var late = throughSymlinks.pop();
                place(late.lower, late.upper, true);
                continue;
            }
            var pair = open.pop();
            for (var entry : pair.upper.children()) {
                switch (spec.meaningOf(entry)) {
                    case WhiteoutSpec.Meaning.Removal r -> {}
                    case WhiteoutSpec.Meaning.OpaqueMarker m -> {}
                    case WhiteoutSpec.Meaning.Content c -> place(pair.lower, entry, false);
                    case WhiteoutSpec.Meaning.OpaqueDirectory d -> {
                        var xattrs =
                                entry.inode().xattrs().stream()
                                        .filter(x -> !WhiteoutSpec.isOpaque(x))
                                        .toList();
                        entry.inode().xattrs(xattrs);
                        place(pair.lower, entry, false);
                    }
                }
            }
        }
    }

    private void place(TreeEntry directory, TreeEntry entry, boolean follow) {
        var present = directory.child(entry.name());
        TreeEntry placed;
        if (present != null && follows(present, entry)) {
            if (!follow) {
                throughSymlinks.add(new Pair(directory, entry));
                return;
            }
            placed = lower.madeBehind(directory, present.inode());
        } else if (present != null && present.isDirectory() && entry.inode().isImplicit()) {
            placed = present;
        } else {
            placed = directory.put(entry.name(), entry.inode());
        }
        if (entry.isDirectory()) {
            open.push(new Pair(placed, entry));
        }
    }
}
