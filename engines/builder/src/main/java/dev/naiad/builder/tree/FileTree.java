package dev.naiad.builder.tree;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.FileType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A file tree with a root directory. Not thread-safe. */
public final class FileTree {
    /**
     * How many symlinks may still be followed for one path, in total: links through links through
     * links could otherwise take forever.
     */
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

    private final TreeEntry root = new TreeEntry(new byte[0], InodeData.implicitDirectory());

    public TreeEntry root() {
        return root;
    }

    public void setRoot(InodeData inode) {
        root.replaceInode(inode);
    }

    /**
     * Visits every entry, the root first, in numbering order: all children of a directory, then
     * what is below each of them. docs/formats/rafs-v6.md#order
     */
    public void forEach(Consumer<TreeEntry> visitor) {
        forEachBelow(root, visitor);
    }

    /** Visits an entry and everything below it, in numbering order. */
    public static void forEachBelow(TreeEntry start, Consumer<TreeEntry> visitor) {
        visitor.accept(start);
        forEachDirectoryBelow(
                start,
                directory -> {
                    var children = directory.children();
                    for (int i = 0; i < children.size(); i++) {
                        visitor.accept(children.get(i));
                    }
                });
    }

    /** Visits every directory, depth first, the root first. The depth of a tree costs no stack. */
    public void forEachDirectory(Consumer<TreeEntry> visitor) {
        forEachDirectoryBelow(root, visitor);
    }

    private static void forEachDirectoryBelow(TreeEntry start, Consumer<TreeEntry> visitor) {
        var open = new ArrayDeque<TreeEntry>();
        open.push(start);
        var below = new ArrayList<TreeEntry>();
        while (!open.isEmpty()) {
            var directory = open.pop();
            visitor.accept(directory);
            below.clear();
            var children = directory.children();
            for (int i = 0; i < children.size(); i++) {
                if (children.get(i).isDirectory()) {
                    below.add(children.get(i));
                }
            }
            for (int i = below.size() - 1; i >= 0; i--) {
                open.push(below.get(i));
            }
        }
    }

    /** Every entry, in numbering order. */
    public TreeEntry[] inOrder() {
        var order = new ArrayList<TreeEntry>();
        order.add(root);
        forEachDirectory(directory -> order.addAll(directory.children()));
        return order.toArray(new TreeEntry[0]);
    }

    /** The number of entries, the root included. */
    public long count() {
        long[] count = {1};
        forEachDirectory(directory -> count[0] += directory.childCount());
        return count[0];
    }

    /**
     * Numbers the inodes (root 1; a further name of a hard-linked file has the number of the first)
     * and counts their links.
     *
     * @return every entry, in numbering order
     */
    public TreeEntry[] number() {
        var order = inOrder();
        for (var entry : order) {
            entry.inode().number(0, 0);
        }
        for (int i = 0; i < order.length; i++) {
            var inode = order[i].inode();
            if (inode.isDirectory()) {
                // Its own dot, and its name or the root's dot-dot; then those of its directories.
                inode.number(i + 1, 2);
                @Nullable TreeEntry parent = order[i].parent();
                if (parent != null) {
                    parent.inode().addLink();
                }
            } else if (inode.links() == 0) {
                inode.number(i + 1, 1);
            } else {
                inode.addLink();
            }
        }
        return order;
    }

    /** The entry at a path, without following symlinks; null if there is none. */
    public @Nullable TreeEntry find(byte[] path) {
        var at = root;
        for (byte[] part : TreePath.split(path)) {
            var next = at.child(part);
            if (next == null) {
                return null;
            }
            at = next;
        }
        return at;
    }

    /** The entries that paths name exactly, in the order of the paths. */
    public List<TreeEntry> named(List<String> paths) {
        var result = new ArrayList<TreeEntry>();
        for (var path : paths) {
            var entry = find(path.getBytes(StandardCharsets.UTF_8));
            if (entry != null) {
                result.add(entry);
            }
        }
        return result;
    }

    /** The same; symlinks on the way are followed inside the tree, one at the end is not. */
    public @Nullable TreeEntry findFollowing(byte[] path) {
        byte[][] parts = TreePath.split(path);
        if (parts.length == 0) {
            return root;
        }
        var directory = walk(root, parts, parts.length - 1, new Following(0));
        return directory == null ? null : directory.child(parts[parts.length - 1]);
    }

    /** The directory that a symlink leads to inside the tree, if it leads to one. */
    @Nullable TreeEntry behind(TreeEntry directory, InodeData symlink) {
        byte[][] target = TreePath.resolve(directory, symlink.symlinkTarget());
        return walk(root, target, target.length, new Following(1));
    }

    /** The same; what is missing on the way is created. */
    TreeEntry madeBehind(TreeEntry directory, InodeData symlink) {
        byte[][] target = TreePath.resolve(directory, symlink.symlinkTarget());
        return descend(root, target, target.length, new Following(1));
    }

    private @Nullable TreeEntry walk(
            TreeEntry from, byte[][] parts, int count, Following following) {
        var at = from;
        for (int i = 0; i < count; i++) {
            var next = at.child(parts[i]);
            if (next != null && next.inode().type() == FileType.SYMLINK && following.another()) {
                byte[][] target = TreePath.resolve(at, next.inode().symlinkTarget());
                next = walk(root, target, target.length, following);
            }
            if (next == null || !next.isDirectory()) {
                return null;
            }
            at = next;
        }
        return at;
    }

    /**
     * The directory that is to hold the last part of a path: missing ones are created, symlinks on
     * the way are followed inside the tree (as unpackers do), anything else in the way is replaced
     * by a directory.
     */
    public TreeEntry parentFor(byte[][] parts) {
        return descend(root, parts, parts.length - 1, new Following(0));
    }

    private TreeEntry descend(TreeEntry from, byte[][] parts, int count, Following following) {
        var at = from;
        for (int i = 0; i < count; i++) {
            var next = at.child(parts[i]);
            if (next != null && next.inode().type() == FileType.SYMLINK && following.another()) {
                byte[][] target = TreePath.resolve(at, next.inode().symlinkTarget());
                next = descend(root, target, target.length, following);
            } else if (next == null || !next.isDirectory()) {
                next = at.put(checked(parts[i]), InodeData.implicitDirectory());
            }
            at = next;
        }
        return at;
    }

    /** Targets of symlinks may have parts that no directory can hold. */
    private static byte[] checked(byte[] name) {
        if (name.length > BlobLimits.MAX_NAME) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "a symlink leads through a name of "
                            + name.length
                            + " bytes; 255 are allowed: "
                            + new String(name, 0, 40, StandardCharsets.UTF_8)
                            + "…");
        }
        return name;
    }

    @Override
    public String toString() {
        var text = new StringBuilder();
        forEach(
                entry ->
                        text.append(new String(entry.pathBytes(), StandardCharsets.UTF_8))
                                .append(" 0")
                                .append(Integer.toOctalString(entry.inode().mode()))
                                .append('\n'));
        return text.toString();
    }
}
