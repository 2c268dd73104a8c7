package dev.naiad.convert.verify;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.Xattr;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Compares an expected tree with what a bootstrap says, entry by entry; the first difference is
 * thrown.
 */
final class TreeAudit {
    private static final int NONE = -1;
    private static final byte[] NO_NAME = {};

    private final String name;
    private final ExpectedTree tree;
    private final NodeColumns nodes;
    private final NameTable names;
    private final Bootstrap image;
    private final ChunkAudit chunks;
    private final HardLinkAudit links;
    private final ArrayDeque<Pair> open = new ArrayDeque<>();
    private long entries;

    // The entry at work.
    private int directory = ExpectedTree.ROOT;
    private byte[] own = new byte[256];
    private int length;

    private record Pair(int expected, Inode found) {}

    private TreeAudit(String name, ExpectedTree tree, Bootstrap image, ChunkAudit chunks) {
        this.name = name;
        this.tree = tree;
        this.nodes = tree.nodes();
        this.names = tree.names();
        this.image = image;
        this.chunks = chunks;
        this.links = new HardLinkAudit(nodes.count());
    }

    /** Compares; gives the number of entries. */
    static long compare(String name, ExpectedTree expected, Bootstrap image, ChunkAudit chunks) {
        var audit = new TreeAudit(name, expected, image, chunks);
        audit.run();
        return audit.entries;
    }

    private void run() {
        var root = image.root();
        entries++;
        // A source without an entry for the root leaves its attributes to the mounter.
        if (!tree.isImplied(ExpectedTree.ROOT)) {
            attributes(ExpectedTree.ROOT, root);
        }
        open.push(new Pair(ExpectedTree.ROOT, root));
        while (!open.isEmpty()) {
            directory(open.pop());
        }
        links.finish(this::wrongLinks);
    }

    private void directory(Pair pair) {
        directory = pair.expected;
        long before = entries;
        pair.found.children(
                0,
                (number, type, bytes, cookie) -> {
                    child(number, type, bytes);
                    return true;
                });
        if (entries - before < names.size(directory)) {
            missing(pair);
        }
    }

    private void child(long number, FileType type, MemorySegment bytes) {
        length = (int) bytes.byteSize();
        if (length > own.length) {
            own = new byte[length];
        }
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, own, 0, length);
        int expected = names.node(directory, own, 0, length);
        if (expected == NONE) {
            throw differs("is in the image", "it is not in the source");
        }
        var inode = image.inode(number);
        if (inode.type() != type) {
            throw differs("is a " + type + " by its name", "" + inode.type());
        }
        entries++;
        attributes(expected, inode);
        if (type == FileType.DIRECTORY) {
            open.push(new Pair(expected, inode));
        }
    }

    private void missing(Pair pair) {
        for (String child : tree.namesIn(pair.expected)) {
            byte[] bytes = child.getBytes(StandardCharsets.ISO_8859_1);
            if (pair.found.child(bytes) == null) {
                own = bytes;
                length = bytes.length;
                throw differs("is not in the image", "it is in the source");
            }
        }
        own = NO_NAME;
        length = 0;
        throw differs("has too few entries", "" + names.size(pair.expected));
    }

    private void attributes(int expected, Inode found) {
        if (nodes.mode(expected) != found.mode()) {
            throw has(
                    "mode",
                    Integer.toOctalString(nodes.mode(expected)),
                    Integer.toOctalString(found.mode()));
        }
        same("uid", nodes.uid(expected), found.uid());
        same("gid", nodes.gid(expected), found.gid());
        if (nodes.mtimeSeconds(expected) != found.mtimeSeconds()
                || nodes.mtimeNanos(expected) != found.mtimeNanos()) {
            throw has(
                    "time",
                    nodes.mtimeSeconds(expected) + "." + nodes.mtimeNanos(expected),
                    found.mtimeSeconds() + "." + found.mtimeNanos());
        }
        if (found.hasXattrs() || !nodes.xattrs(expected).isEmpty()) {
            xattrs(nodes.xattrs(expected), found);
        }
        if (nodes.isRegular(expected)) {
            same("size", nodes.size(expected), found.size());
            file(expected, found);
        } else if (nodes.isSymlink(expected)) {
            symlink(nodes.target(expected), found.symlinkTarget());
        } else if (!nodes.isDirectory(expected) && found.type().isDevice()) {
            same("device", nodes.rdev(expected), found.rdev());
        }
    }

    private void same(String what, long expected, long found) {
        if (expected != found) {
            throw has(what, "" + expected, "" + found);
        }
    }

    private void symlink(byte[] expected, byte[] found) {
        if (!Arrays.equals(expected, found)) {
            throw has("target", text(expected), text(found));
        }
    }

    private void xattrs(List<Xattr> expected, Inode inode) {
        var found =
                inode.xattrs().stream()
                        .sorted(Comparator.comparing(Xattr::name, Arrays::compareUnsigned))
                        .toList();
        boolean same = expected.size() == found.size();
        for (int i = 0; same && i < found.size(); i++) {
            same =
                    Arrays.equals(expected.get(i).name(), found.get(i).name())
                            && Arrays.equals(expected.get(i).value(), found.get(i).value());
        }
        if (!same) {
            throw differs("has the attributes " + text(found), "they are " + text(expected));
        }
    }

    private static String text(List<Xattr> xattrs) {
        var text = new StringBuilder("[");
        for (Xattr xattr : xattrs) {
            text.append(text.length() > 1 ? ", " : "")
                    .append(text(xattr.name()))
                    .append('=')
                    .append(Hex.encode(xattr.value()));
        }
        return text.append(']').toString();
    }

    /** Names that share a file in the source share an inode, others do not; content once. */
    private void file(int expected, Inode found) {
        switch (links.name(expected, found.number(), found.linkCount())) {
            case FIRST -> content(expected, found);
            case ANOTHER -> {}
            case OF_ANOTHER_INODE ->
                    throw differs(
                            "is a file of its own",
                            "it is a hard link to " + path(names.anyPlaceOf(expected)));
        }
    }

    private void content(int expected, Inode found) {
        int pieces = nodes.pieces(expected);
        same("number of chunks", pieces, found.chunkCount());
        for (int k = 0; k < pieces; k++) {
            var ref = found.chunkRef(k);
            if (nodes.knowsPieces(expected) && !chunks.holds(ref, nodes.sum(expected, k))) {
                throw differs(
                        "has other content in chunk " + k,
                        "its sum is " + Integer.toHexString(nodes.sum(expected, k)));
            }
        }
    }

    private NaiadException wrongLinks(int node, long found, int expected) {
        String path = path(names.anyPlaceOf(node));
        return found == HardLinkAudit.SHARED
                ? difference(path, "is a hard link", "it is a file of its own")
                : difference(path, "has the link count " + found, "it is " + expected);
    }

    private String path(int place) {
        return place == NONE ? "?" : tree.path(names.directory(place), names.name(place));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private NaiadException has(String what, String expected, String found) {
        return differs("has the " + what + " " + found, "it is " + expected);
    }

    /** Of the entry at work. */
    private NaiadException differs(String how, String source) {
        byte[] entry = Arrays.copyOf(own, length);
        return difference(
                length == 0 ? tree.path(directory) : tree.path(directory, entry), how, source);
    }

    private NaiadException difference(String path, String how, String source) {
        return new NaiadException(
                ErrorKind.DATA_LOSS,
                "verify " + name + ": " + path + " " + how + ", in the source " + source);
    }
}
