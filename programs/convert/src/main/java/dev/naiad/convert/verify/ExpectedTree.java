package dev.naiad.convert.verify;

import dev.naiad.rafs.FileType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The tree that an archive or a pile of layers describes, put together without the builder. Not
 * thread-safe while it grows.
 */
public final class ExpectedTree {
    private static final int MAX_SYMLINKS = 40; // as Linux

    private ExpectedNode root = ExpectedNode.implicitDirectory();
    private final List<PendingLink> pending = new ArrayList<>();

    private record PendingLink(List<String> path, List<String> target, ExpectedNode below) {}

    ExpectedTree() {}

    ExpectedNode root() {
        return root;
    }

    /** Path as bytes to its parts; {@code ..} steps back and stays inside. */
    static List<String> split(byte[] path) {
        var parts = new ArrayList<String>();
        for (String part : new String(path, StandardCharsets.ISO_8859_1).split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> {
                    if (!parts.isEmpty()) {
                        parts.removeLast();
                    }
                }
                default -> parts.add(part);
            }
        }
        return parts;
    }

    /** An entry of an archive; a later one replaces an earlier one. */
    void put(List<String> path, ExpectedNode node) {
        if (path.isEmpty()) {
            if (node.isDirectory()) {
                replaceRoot(node);
            }
            return;
        }
        parent(path).put(path.getLast(), node);
    }

    /**
     * A hard link; its target may come later.
     *
     * @param below what stands for it if the target is in a lower layer
     */
    void link(List<String> path, List<String> target, ExpectedNode below) {
        var node = find(target);
        if (node == null || node.isDirectory()) {
            pending.add(new PendingLink(path, target, below));
        } else {
            put(path, shared(node));
        }
    }

    /** Only regular files share an inode. */
    private static ExpectedNode shared(ExpectedNode node) {
        return node.isRegular() ? node : node.with(Map.of());
    }

    /** Resolves links whose target came later. */
    void finish() {
        boolean progress = true;
        while (progress && !pending.isEmpty()) {
            progress = false;
            for (var link : List.copyOf(pending)) {
                var node = find(link.target);
                if (node != null && !node.isDirectory()) {
                    pending.remove(link);
                    progress = true;
                    if (exactly(link.path) == null) {
                        put(link.path, shared(node));
                    }
                }
            }
        }
        pending.forEach(link -> put(link.path, link.below));
        pending.clear();
    }

    private @Nullable ExpectedNode exactly(List<String> path) {
        var at = root;
        for (String part : path) {
            var next = at.child(part);
            if (next == null) {
                return null;
            }
            at = next;
        }
        return at;
    }

    /** The node at a path; symlinks on the way are followed inside the tree, a last one is not. */
    @Nullable ExpectedNode find(List<String> path) {
        if (path.isEmpty()) {
            return root;
        }
        var directory = descend(path.subList(0, path.size() - 1), 0, false);
        return directory == null ? null : directory.child(path.getLast());
    }

    /** The directory for the last part: symlinks on the way are followed, missing ones made. */
    private ExpectedNode parent(List<String> path) {
        return Objects.requireNonNull(descend(path.subList(0, path.size() - 1), 0, true));
    }

    /** The directory that a symlink in a directory leads to, made if it is missing. */
    @Nullable ExpectedNode behind(List<String> directory, ExpectedNode symlink, boolean make) {
        return descend(resolve(directory, symlink.target()), 1, make);
    }

    /** What a symlink in a directory leads to. */
    static List<String> resolve(List<String> directory, String target) {
        String from = target.startsWith("/") ? "" : String.join("/", directory) + "/";
        return split((from + target).getBytes(StandardCharsets.ISO_8859_1));
    }

    private @Nullable ExpectedNode descend(List<String> path, int followed, boolean make) {
        var at = root;
        var walked = new ArrayList<String>();
        int links = followed;
        for (String part : path) {
            var next = at.child(part);
            if (next != null && next.type() == FileType.SYMLINK && links < MAX_SYMLINKS) {
                links++;
                var resolved = resolve(walked, next.target());
                next = descend(resolved, links, make);
                walked.clear();
                walked.addAll(resolved);
            } else {
                if (make && (next == null || !next.isDirectory())) {
                    next = ExpectedNode.implicitDirectory();
                    at.children().put(part, next);
                }
                walked.add(part);
            }
            if (next == null || !next.isDirectory()) {
                return null;
            }
            at = next;
        }
        return at;
    }

    void replaceRoot(ExpectedNode attributes) {
        root = attributes.with(root.children());
    }
}
