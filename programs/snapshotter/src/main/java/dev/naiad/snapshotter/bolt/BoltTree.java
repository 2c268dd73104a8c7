package dev.naiad.snapshotter.bolt;

import dev.naiad.base.error.CorruptFormatException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The B+ tree of one bucket inside one transaction. Reads go to pages; the first change on a path
 * loads its nodes, and {@link #store} writes them to fresh pages from the leaves up (the old pages
 * stay untouched until the commit after this one, which is what makes a kill at any moment
 * harmless).
 */
final class BoltTree {
    /** More levels than any real tree has; a cycle in a damaged file ends here. */
    private static final int MAX_DEPTH = 40;

    private static final int MIN_KEYS = 2;

    private final BoltTransaction transaction;
    private BoltNode root;

    BoltTree(BoltTransaction transaction, BoltNode root) {
        this.transaction = transaction;
        this.root = root;
    }

    static BoltTree empty(BoltTransaction transaction) {
        var root = new BoltNode(true, List.of(), 0);
        root.dirty = true;
        return new BoltTree(transaction, root);
    }

    boolean isDirty() {
        return root.dirty;
    }

    BoltNode root() {
        return root;
    }

    Optional<BoltEntry> get(byte[] key) {
        BoltNode node = root;
        for (int depth = 0; !node.leaf; depth++) {
            if (node.entries.isEmpty()) {
                return Optional.empty();
            }
            node = child(node.entries.get(node.childFor(key)), depth);
        }
        int found = node.find(key);
        return found < 0 ? Optional.empty() : Optional.of(node.entries.get(found));
    }

    /**
     * Calls {@code visitor} for every element from {@code from} on, in key order, until it answers
     * false.
     */
    void scan(byte[] from, EntryVisitor visitor) {
        scan(root, from, visitor, 0);
    }

    /** Sees one leaf element; answers whether to go on. */
    interface EntryVisitor {
        boolean visit(BoltEntry entry);
    }

    private boolean scan(BoltNode node, byte[] from, EntryVisitor visitor, int depth) {
        if (node.leaf) {
            int start = node.find(from);
            for (int i = start >= 0 ? start : -start - 1; i < node.entries.size(); i++) {
                if (!visitor.visit(node.entries.get(i))) {
                    return false;
                }
            }
            return true;
        }
        for (int i = node.childFor(from); i < node.entries.size(); i++) {
            if (!scan(child(node.entries.get(i), depth), from, visitor, depth + 1)) {
                return false;
            }
        }
        return true;
    }

    void put(BoltEntry entry) {
        BoltNode leaf = leafForChange(entry.key());
        int found = leaf.find(entry.key());
        if (found >= 0) {
            leaf.entries.set(found, entry);
        } else {
            leaf.entries.add(-found - 1, entry);
        }
    }

    void delete(byte[] key) {
        BoltNode leaf = leafForChange(key);
        int found = leaf.find(key);
        if (found >= 0) {
            leaf.entries.remove(found);
        }
    }

    private BoltNode leafForChange(byte[] key) {
        BoltNode node = root;
        node.dirty = true;
        for (int depth = 0; !node.leaf; depth++) {
            node = load(node.entries.get(node.childFor(key)), depth);
            node.dirty = true;
        }
        return node;
    }

    /** The child, kept in the entry so that changes to it are seen. */
    private BoltNode load(BoltEntry entry, int depth) {
        BoltNode node = child(entry, depth);
        entry.loadedChild(node);
        return node;
    }

    private BoltNode child(BoltEntry entry, int depth) {
        BoltNode loaded = entry.loadedChild();
        if (loaded != null) {
            return loaded;
        }
        if (depth > MAX_DEPTH) {
            throw new CorruptFormatException(
                    transaction.name(),
                    0,
                    "a tree of at most " + MAX_DEPTH + " levels",
                    "a deeper one");
        }
        return transaction.node(entry.childPage());
    }

    /** Writes what changed to new pages and answers the page of the root. */
    long store() {
        if (!root.dirty) {
            return root.page;
        }
        balance(root, 0);
        while (!root.leaf && root.entries.size() == 1) {
            BoltNode only = load(root.entries.getFirst(), 0);
            release(root);
            only.dirty = true;
            root = only;
        }
        List<BoltEntry> level = spill(root);
        while (level.size() > 1) {
            level = write(new BoltNode(false, level, 0));
        }
        return level.getFirst().childPage();
    }

    /** Joins nodes that became small with a neighbour and drops empty ones. */
    private void balance(BoltNode node, int depth) {
        if (node.leaf) {
            return;
        }
        for (BoltEntry entry : node.entries) {
            BoltNode child = entry.loadedChild();
            if (child != null && child.dirty) {
                balance(child, depth + 1);
            }
        }
        for (int i = 0; i < node.entries.size() && node.entries.size() > 1; i++) {
            BoltNode child = node.entries.get(i).loadedChild();
            if (child == null || !child.dirty || !isSmall(child)) {
                continue;
            }
            int left = i == 0 ? 0 : i - 1;
            BoltNode target = load(node.entries.get(left), depth);
            BoltNode source = load(node.entries.get(left + 1), depth);
            target.entries.addAll(source.entries);
            target.dirty = true;
            release(source);
            node.entries.remove(left + 1);
            i = left - 1;
        }
        if (node.entries.size() == 1) {
            BoltNode only = node.entries.getFirst().loadedChild();
            if (only != null && only.dirty && only.entries.isEmpty()) {
                release(only);
                node.entries.clear();
            }
        }
    }

    private boolean isSmall(BoltNode node) {
        return node.size() < transaction.pageSize() / 4
                || node.entries.size() < (node.leaf ? 1 : MIN_KEYS);
    }

    private void release(BoltNode node) {
        if (node.page != 0) {
            transaction.free(node.page);
            node.page = 0;
        }
    }

    private List<BoltEntry> spill(BoltNode node) {
        if (node.leaf || node.entries.isEmpty()) {
            release(node);
            // A branch that lost all its children is an empty leaf again.
            return write(node.leaf ? node : new BoltNode(true, List.of(), 0));
        }
        var children = new ArrayList<BoltEntry>(node.entries.size());
        for (BoltEntry entry : node.entries) {
            BoltNode child = entry.loadedChild();
            if (child == null || !child.dirty) {
                children.add(BoltEntry.branch(entry.key(), entry.childPage()));
            } else {
                children.addAll(spill(child));
            }
        }
        release(node);
        return write(new BoltNode(false, children, 0));
    }

    /** Stores a node's elements in as many pages as they need; one branch element for each. */
    private List<BoltEntry> write(BoltNode node) {
        var pages = new ArrayList<BoltEntry>();
        int start = 0;
        while (start < node.entries.size() || pages.isEmpty()) {
            int end = endOfPage(node.entries, start);
            List<BoltEntry> part = node.entries.subList(start, end);
            byte[] first = part.isEmpty() ? new byte[0] : part.getFirst().key();
            pages.add(BoltEntry.branch(first, transaction.write(node.leaf, part)));
            start = end;
        }
        return pages;
    }

    /** A full page is split half-way, so that the next few insertions need no further split. */
    private int endOfPage(List<BoltEntry> entries, int start) {
        List<BoltEntry> rest = entries.subList(start, entries.size());
        if (rest.size() <= MIN_KEYS * 2 || BoltPage.size(rest) <= transaction.pageSize()) {
            return entries.size();
        }
        long size = BoltPage.HEADER;
        int end = start;
        while (end < entries.size() - MIN_KEYS) {
            size += entries.get(end).size();
            if (end - start >= MIN_KEYS && size > transaction.pageSize() / 2) {
                break;
            }
            end++;
        }
        return end;
    }

    /** Gives back every page of the tree; nested buckets first through {@code nested}. */
    void freeAll(EntryVisitor nested) {
        freeAll(root, nested, 0);
    }

    private void freeAll(BoltNode node, EntryVisitor nested, int depth) {
        for (BoltEntry entry : node.entries) {
            if (!node.leaf) {
                freeAll(child(entry, depth), nested, depth + 1);
            } else if (entry.isBucket()) {
                nested.visit(entry);
            }
        }
        release(node);
    }
}
