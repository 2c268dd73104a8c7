package dev.naiad.builder.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A name in a directory and its inode. Children are kept in byte order of their names, which is the
 * order on disk.
 */
@SuppressWarnings("ReferenceEquality") // one empty list means "no children yet"
public final class TreeEntry {
    private static final Children NONE = new Children();

    private final byte[] name;
    private @Nullable TreeEntry parent;
    private InodeData inode;
    private Children children = NONE;
    private boolean gone;

    TreeEntry(byte[] name, InodeData inode) {
        this.name = name;
        this.inode = inode;
    }

    public byte[] name() {
        return name;
    }

    /** The directory it is in; null for the root. */
    public @Nullable TreeEntry parent() {
        return parent;
    }

    public InodeData inode() {
        return inode;
    }

    public boolean isDirectory() {
        return inode.isDirectory();
    }

    /** In byte order of their names; for looping over them by index, too. */
    public List<TreeEntry> children() {
        return children;
    }

    /** The number of children, of a directory that is still being filled. */
    public int childCount() {
        return children.count();
    }

    public @Nullable TreeEntry child(byte[] childName) {
        return children == NONE ? null : children.find(childName);
    }

    /**
     * Adds a child or replaces the one of that name. A directory that replaces a directory takes
     * over its children.
     *
     * @return the entry that is now in the tree
     */
    public TreeEntry put(byte[] childName, InodeData childInode) {
        var present = child(childName);
        if (present != null) {
            present.inode = childInode;
            if (!childInode.isDirectory()) {
                present.children = NONE;
            }
            return present;
        }
        var entry = new TreeEntry(childName, childInode);
        entry.parent = this;
        if (children == NONE) {
            children = new Children();
        }
        children.insert(entry);
        return entry;
    }

    /** Removes the child of that name, if there is one. */
    public void remove(byte[] childName) {
        if (children != NONE) {
            children.remove(childName);
        }
    }

    void clear() {
        children = NONE;
    }

    /** No longer in its directory. */
    boolean isGone() {
        return gone;
    }

    void markGone() {
        gone = true;
    }

    void replaceInode(InodeData newInode) {
        inode = newInode;
    }

    /** The absolute path, for messages: bytes that are not UTF-8 become replacement characters. */
    public String path() {
        return new String(pathBytes(), StandardCharsets.UTF_8);
    }

    /** The absolute path's bytes; the root's is {@code /}. */
    public byte[] pathBytes() {
        var names = new ArrayDeque<byte[]>();
        int length = 0;
        for (var at = this; at.parent != null; at = at.parent) {
            names.push(at.name);
            length += at.name.length + 1;
        }
        if (names.isEmpty()) {
            return new byte[] {'/'};
        }
        byte[] path = new byte[length];
        int position = 0;
        for (byte[] part : names) {
            path[position++] = '/';
            System.arraycopy(part, 0, path, position, part.length);
            position += part.length;
        }
        return path;
    }
}
