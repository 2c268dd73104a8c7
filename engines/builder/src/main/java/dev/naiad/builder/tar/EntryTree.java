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

/** The tree that the entries of an archive make, in the order in which they come. */
public final class EntryTree {
    private static final Logger log = LoggerFactory.getLogger(EntryTree.class);

    // What eStargz adds to a layer for its own use.
    private static final Set<String> SKIPPED =
            Set.of("stargz.index.json", ".prefetch.landmark", ".no.prefetch.landmark");

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record PendingLink(byte[][] path, TarEntry entry) {
        byte[] target() {
            return entry.linkName();
        }
    }

    private final String name;
    private final boolean explicitOwners;
    private final boolean overOthers;
    private final FileTree tree = new FileTree();
    private final List<PendingLink> pendingLinks = new ArrayList<>();
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
        byte[][] path = TreePath.split(entry.path());
        if (path.length == 1 && SKIPPED.contains(new String(path[0], StandardCharsets.UTF_8))) {
            return;
        }
        for (byte[] part : path) {
            checkName(entry, part);
        }
        if (path.length == 0) {
            if (entry.kind() == TarEntry.Kind.DIRECTORY) {
                tree.setRoot(attributes(entry, FileType.DIRECTORY));
            } else {
                log.warn(
                        "{}: entry {} names the root and is no directory; left out",
                        name,
                        entry.text());
            }
            return;
        }
        switch (entry.kind()) {
            case HARD_LINK -> hardLink(path, entry);
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

    private void checkName(TarEntry entry, byte[] part) {
        boolean tooLong = part.length > BlobLimits.MAX_NAME;
        if (tooLong || hasNul(part)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    name
                            + ": entry "
                            + entry.text()
                            + (tooLong
                                    ? ": a name of " + part.length + " bytes; 255 are allowed"
                                    : ": a name with a NUL byte"));
        }
    }

    private static boolean hasNul(byte[] bytes) {
        for (byte b : bytes) {
            if (b == 0) {
                return true;
            }
        }
        return false;
    }

    private void checkTarget(TarEntry entry, byte[] target) {
        if (target.length == 0 || target.length > BlobLimits.MAX_SYMLINK || hasNul(target)) {
            throw new CorruptFormatException(
                    name,
                    -1,
                    "a link target of 1 to 4096 bytes without NUL of " + entry.text(),
                    target.length + " bytes");
        }
    }

    private void put(byte[][] path, InodeData inode) {
        byte[] own = path[path.length - 1];
        var parent = parent(path);
        var present = parent.child(own);
        // A directory on the remembered way may make room for something else.
        boolean forget = !inode.isRegular() || (present != null && present.isDirectory());
        parent.put(own, inode);
        if (forget) {
            lastDirectory = new byte[0];
            lastParent = tree.root();
        }
    }

    /** Archives list directories together: the last parent is mostly the next one too. */
    private TreeEntry parent(byte[][] path) {
        if (path.length == 1) {
            return tree.root();
        }
        byte[] directory = join(path, path.length - 1);
        if (lastDirectory.length > 0 && Arrays.equals(directory, lastDirectory)) {
            return lastParent;
        }
        lastParent = tree.parentFor(path);
        lastDirectory = directory;
        return lastParent;
    }

    private static byte[] join(byte[][] parts, int count) {
        int length = 0;
        for (int i = 0; i < count; i++) {
            length += parts[i].length + 1;
        }
        byte[] result = new byte[length];
        int at = 0;
        for (int i = 0; i < count; i++) {
            result[at++] = '/';
            System.arraycopy(parts[i], 0, result, at, parts[i].length);
            at += parts[i].length;
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
        var result = new ArrayList<Xattr>();
        for (var xattr : entry.xattrs()) {
            if (!XattrArea.isStorable(xattr.name())) {
                log.warn(
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

    private void hardLink(byte[][] path, TarEntry entry) {
        var target = tree.findFollowing(entry.linkName());
        if (target == null || target.isDirectory()) {
            pendingLinks.add(new PendingLink(path, entry));
        } else {
            link(path, target.inode());
        }
    }

    private void link(byte[][] path, InodeData target) {
        // Only regular files share an inode; other nodes are copied.
        put(path, target.isRegular() ? target : target.copy());
    }

    /** The target may be in a layer below; whoever lays this one over it finds out. */
    private void linkBelow(PendingLink link) {
        byte[][] target = TreePath.split(link.target());
        var inode =
                attributes(link.entry(), FileType.SYMLINK)
                        .symlinkTarget(join(target, target.length))
                        .hint(LayerHint.LINK_BELOW);
        checkTarget(link.entry(), inode.symlinkTarget());
        put(link.path(), inode);
    }

    /** The tree, when all entries have come. */
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
                } else if (tree.find(join(pending.path, pending.path.length)) == null) {
                    link(pending.path, target.inode());
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
                                + new String(
                                        join(first.path, first.path.length), StandardCharsets.UTF_8)
                                + ": its target "
                                + new String(first.target(), StandardCharsets.UTF_8)
                                + " is no file of this archive");
            }
            left = next;
        }
    }
}
