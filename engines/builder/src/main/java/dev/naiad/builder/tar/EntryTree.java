package dev.naiad.builder.tar;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.tree.TreePath;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.Xattr;
import dev.naiad.rafs.v6.XattrArea;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Builds a tree from the entries of an archive, in archive order. */
public final class EntryTree {
    private static final Logger LOG = LoggerFactory.getLogger(EntryTree.class);

    // What eStargz adds to a layer for its own use.
    private static final Set<String> SKIPPED =
            Set.of("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark");

    private record PendingLink(TarEntry entry) {
        byte[] path() {
            return entry.path();
        }

        byte[] target() {
            return entry.linkName();
        }
    }

    private final String name;
    private final boolean explicitOwners;
    private final boolean overOthers;
    private final FileTree tree = new FileTree();
    private final List<PendingLink> pendingLinks = new ArrayList<>();
    // As the archive names it, with the last slash; archives list directories together.
    private byte[] lastDirectory = {};
    private TreeEntry lastParent = tree.root();

    /**
     * @param name of the archive, for errors
     * @param overOthers layers lie below, which may have the target of a hard link
     */
    public EntryTree(String name, boolean explicitOwners, boolean overOthers) {
        this.name = name;
        this.explicitOwners = explicitOwners;
        this.overOthers = overOthers;
    }

    /**
     * Adds an entry.
     *
     * @param content takes the data of a file and tells the numbers of its chunks, which may be
     *     filled in later
     */
    public void add(TarEntry entry, Function<TarEntry, int[]> content) {
        byte[] path = entry.path();
        int end = ownEnd(path);
        int start = ownStart(path, end);
        if (isBesideLast(path, start, end)) {
            checkName(entry, path, start, end);
        } else if (!isWanted(entry)) {
            return;
        }
        switch (entry.kind()) {
            case HARD_LINK -> hardLink(entry);
            case FILE ->
                    put(
                            path,
                            attributes(entry, FileType.REGULAR)
                                    .size(entry.size())
                                    .chunks(content.apply(entry)));
            case DIRECTORY -> put(path, attributes(entry, FileType.DIRECTORY));
            case SYMLINK -> {
                checkTarget(entry, entry.linkName());
                put(path, attributes(entry, FileType.SYMLINK).symlinkTarget(entry.linkName()));
            }
            case CHARACTER -> put(path, attributes(entry, FileType.CHARACTER).rdev(rdev(entry)));
            case BLOCK -> put(path, attributes(entry, FileType.BLOCK).rdev(rdev(entry)));
            case FIFO -> put(path, attributes(entry, FileType.FIFO).rdev(rdev(entry)));
        }
    }

    /** Whether the entry becomes one of the tree; the root's attributes are taken here. */
    private boolean isWanted(TarEntry entry) {
        byte[][] path = TreePath.split(entry.path());
        if (path.length == 1 && SKIPPED.contains(new String(path[0], StandardCharsets.UTF_8))) {
            return false;
        }
        for (byte[] part : path) {
            checkName(entry, part, 0, part.length);
        }
        if (path.length > 0) {
            return true;
        }
        if (entry.kind() == TarEntry.Kind.DIRECTORY) {
            tree.setRoot(attributes(entry, FileType.DIRECTORY));
        } else {
            LOG.warn(
                    "{}: entry {} names the root and is not a directory; left out",
                    name,
                    entry.text());
        }
        return false;
    }

    /** The end of the last part of a path, without slashes behind it. */
    private static int ownEnd(byte[] path) {
        int end = path.length;
        while (end > 0 && path[end - 1] == '/') {
            end--;
        }
        return end;
    }

    private static int ownStart(byte[] path, int end) {
        int start = end;
        while (start > 0 && path[start - 1] != '/') {
            start--;
        }
        return start;
    }

    /**
     * Whether the path leads into the directory of the last one, below the root, by an ordinary
     * name.
     */
    private boolean isBesideLast(byte[] path, int start, int end) {
        return start > 0
                && start == lastDirectory.length
                && isOrdinary(path, start, end)
                && Arrays.equals(path, 0, start, lastDirectory, 0, start);
    }

    private static boolean isOrdinary(byte[] path, int start, int end) {
        int dots = start;
        while (dots < end && path[dots] == '.') {
            dots++;
        }
        return dots < end || end - start > 2;
    }

    private void checkName(TarEntry entry, byte[] path, int start, int end) {
        boolean tooLong = end - start > BlobLimits.MAX_NAME;
        if (tooLong || hasNul(path, start, end)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name
                            + ": entry "
                            + entry.text()
                            + (tooLong
                                    ? ": a name of " + (end - start) + " bytes; 255 are allowed"
                                    : ": a name with a NUL byte"));
        }
    }

    private static boolean hasNul(byte[] bytes, int start, int end) {
        for (int i = start; i < end; i++) {
            if (bytes[i] == 0) {
                return true;
            }
        }
        return false;
    }

    private void checkTarget(TarEntry entry, byte[] target) {
        if (target.length == 0
                || target.length > BlobLimits.MAX_SYMLINK
                || hasNul(target, 0, target.length)) {
            throw new CorruptFormatException(
                    name,
                    -1,
                    "a link target of 1 to 4096 bytes without NUL of " + entry.text(),
                    target.length + " bytes");
        }
    }

    private void put(byte[] path, InodeData inode) {
        int end = ownEnd(path);
        int start = ownStart(path, end);
        byte[] own;
        TreeEntry parent;
        if (isBesideLast(path, start, end)) {
            own = Arrays.copyOfRange(path, start, end);
            parent = lastParent;
        } else {
            byte[][] parts = TreePath.split(path);
            own = parts[parts.length - 1];
            parent = tree.parentFor(parts);
            // Names in the root are checked one by one, see SKIPPED.
            boolean remember = parts.length > 1 && isOrdinary(path, start, end);
            lastDirectory = remember ? Arrays.copyOf(path, start) : new byte[0];
            lastParent = parent;
        }
        int before = parent.childCount();
        parent.put(own, inode);
        if (parent.childCount() == before) {
            // The replaced entry may have been on the path to the last directory.
            lastDirectory = new byte[0];
        }
    }

    /** A path from the root, without empty and dot parts. */
    private static byte[] absolute(byte[] path) {
        byte[][] parts = TreePath.split(path);
        int length = 0;
        for (byte[] part : parts) {
            length += part.length + 1;
        }
        byte[] result = new byte[length];
        int at = 0;
        for (byte[] part : parts) {
            result[at++] = '/';
            System.arraycopy(part, 0, result, at, part.length);
            at += part.length;
        }
        return result;
    }

    private InodeData attributes(TarEntry entry, FileType type) {
        // A symlink's mode is 0777 on Linux, whatever an archive says.
        int mode = type == FileType.SYMLINK ? 0777 : entry.mode();
        return new InodeData(type.modeBits() | mode)
                .owner(explicitOwners ? entry.uid() : 0, explicitOwners ? entry.gid() : 0)
                .mtime(entry.mtimeSeconds(), entry.mtimeNanos())
                .rdev(0xffff_ffffL)
                .xattrs(storable(entry));
    }

    private List<Xattr> storable(TarEntry entry) {
        if (entry.xattrs().isEmpty()) {
            return List.of();
        }
        var result = new ArrayList<Xattr>();
        for (var xattr : entry.xattrs()) {
            if (!XattrArea.isStorable(xattr.name())) {
                LOG.warn(
                        "{}: entry {}: attribute {} has a name that RAFS cannot hold; left out",
                        name,
                        entry.text(),
                        new String(xattr.name(), StandardCharsets.UTF_8));
            } else if (xattr.value().length > 0xffff) {
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        name
                                + ": entry "
                                + entry.text()
                                + ": attribute "
                                + new String(xattr.name(), StandardCharsets.UTF_8)
                                + " has "
                                + xattr.value().length
                                + " bytes; 65535 are allowed");
            } else {
                result.add(xattr);
            }
        }
        return result;
    }

    private long rdev(TarEntry entry) {
        return (entry.minor() & 0xff)
                | (entry.major() & 0xfff) << 8
                | (entry.minor() & 0xfff00) << 12;
    }

    private void hardLink(TarEntry entry) {
        var target = tree.findFollowing(entry.linkName());
        if (target == null || target.isDirectory()) {
            pendingLinks.add(new PendingLink(entry));
        } else {
            link(entry.path(), target.inode());
        }
    }

    private void link(byte[] path, InodeData target) {
        // Only regular files share an inode; other nodes are copied.
        put(path, target.isRegular() ? target : target.copy());
    }

    /** The target may be in a lower layer; merging finds out. */
    private void linkBelow(PendingLink link) {
        var inode =
                attributes(link.entry(), FileType.SYMLINK)
                        .symlinkTarget(absolute(link.target()))
                        .hint(LayerHint.LINK_BELOW);
        checkTarget(link.entry(), inode.symlinkTarget());
        put(link.path(), inode);
    }

    /** The tree, once all entries have been added. */
    public FileTree finish() {
        resolvePendingLinks();
        return tree;
    }

    /**
     * Links whose target came later in the archive; a link to such a link may need another round.
     */
    private void resolvePendingLinks() {
        var left = pendingLinks;
        while (!left.isEmpty()) {
            var next = new ArrayList<PendingLink>();
            for (var pending : left) {
                var target = tree.findFollowing(pending.target());
                if (target == null || target.isDirectory()) {
                    next.add(pending);
                } else if (tree.find(pending.path()) == null) {
                    link(pending.path(), target.inode());
                }
            }
            if (next.size() == left.size() && overOthers) {
                next.forEach(this::linkBelow);
                return;
            }
            if (next.size() == left.size()) {
                var first = next.getFirst();
                throw new NaiadException(
                        ErrorKind.INVALID_ARGUMENT,
                        name
                                + ": hard link "
                                + new String(absolute(first.path()), StandardCharsets.UTF_8)
                                + ": its target "
                                + new String(first.target(), StandardCharsets.UTF_8)
                                + " is not a file of this archive");
            }
            left = next;
        }
    }
}
