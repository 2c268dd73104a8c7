package dev.naiad.builder.tree;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A name in a directory and what it stands for. Children are kept in byte order of their names,
 * which is the order on disk.
 */
@SuppressWarnings("ReferenceEquality") // one empty map stands for "no children yet"
public final class TreeEntry {
    private static final SortedMap<byte[], TreeEntry> NONE =
            Collections.unmodifiableSortedMap(new TreeMap<>(Arrays::compareUnsigned));

    private final byte[] name;
    private @Nullable TreeEntry parent;
    private InodeData inode;
    private SortedMap<byte[], TreeEntry> children = NONE;

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

    /** In byte order of their names. */
    public Collection<TreeEntry> children() {
        return children.values();
    }

    public @Nullable TreeEntry child(byte[] childName) {
        return children.get(childName);
    }

    /**
     * Adds a child or replaces the one of that name. A directory that replaces a directory takes
     * over its children.
     *
     * @return the entry that is now in the tree
     */
    public TreeEntry put(byte[] childName, InodeData childInode) {
        var present = children.get(childName);
        if (present != null) {
            present.inode = childInode;
            if (!childInode.isDirectory()) {
                present.children = NONE;
            }
            return present;
        }
        var entry = new TreeEntry(childName, childInode);
        attach(entry);
        return entry;
    }

    void attach(TreeEntry entry) {
        if (children == NONE) {
            children = new TreeMap<>(Arrays::compareUnsigned);
        }
        entry.parent = this;
        children.put(entry.name, entry);
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

    void replaceInode(InodeData newInode) {
        inode = newInode;
    }

    /** The absolute path, for messages: bytes that are no UTF-8 become replacement characters. */
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
