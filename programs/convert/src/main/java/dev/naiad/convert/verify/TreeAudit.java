package dev.naiad.convert.verify;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.Xattr;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares an expected tree with what a bootstrap says, entry by entry; the first difference is
 * thrown.
 */
final class TreeAudit {
    private final String name;
    private final Bootstrap image;
    private final ChunkAudit chunks;
    private final IdentityHashMap<ExpectedNode, Names> links = new IdentityHashMap<>();
    private final Map<Long, ExpectedNode> nodes = new HashMap<>();
    private long entries;

    /** The names of a regular file so far. */
    private static final class Names {
        private final String first;
        private final Inode inode;
        private int count;

        Names(String first, Inode inode) {
            this.first = first;
            this.inode = inode;
        }
    }

    private record Pair(String path, ExpectedNode expected, Inode found) {}

    private TreeAudit(String name, Bootstrap image, ChunkAudit chunks) {
        this.name = name;
        this.image = image;
        this.chunks = chunks;
    }

    /** Compares; gives the number of entries. */
    static long compare(String name, ExpectedTree expected, Bootstrap image, ChunkAudit chunks) {
        var audit = new TreeAudit(name, image, chunks);
        audit.run(expected.root());
        return audit.entries;
    }

    private void run(ExpectedNode expectedRoot) {
        var open = new ArrayDeque<Pair>();
        var root = image.root();
        // A source that does not speak of the root leaves it to whoever mounts the image.
        if (expectedRoot.isImplied()) {
            entries++;
        } else {
            entry("/", expectedRoot, root);
        }
        open.push(new Pair("", expectedRoot, root));
        while (!open.isEmpty()) {
            directory(open.pop(), open);
        }
        links.values()
                .forEach(
                        names -> {
                            if (names.inode.linkCount() != names.count) {
                                throw differs(
                                        names.first,
                                        "has the link count " + names.inode.linkCount(),
                                        "it is " + names.count);
                            }
                        });
    }

    private void directory(Pair pair, ArrayDeque<Pair> open) {
        int[] seen = {0};
        pair.found.children(
                0,
                (number, type, bytes, cookie) -> {
                    String child =
                            new String(
                                    bytes.toArray(ValueLayout.JAVA_BYTE),
                                    StandardCharsets.ISO_8859_1);
                    String path = pair.path + "/" + child;
                    var expected = pair.expected.child(child);
                    if (expected == null) {
                        throw differs(path, "is in the image", "it is not in the source");
                    }
                    var inode = image.inode(number);
                    if (inode.type() != type) {
                        throw differs(path, "is a " + type + " by its name", "" + inode.type());
                    }
                    entry(path, expected, inode);
                    if (expected.isDirectory()) {
                        open.push(new Pair(path, expected, inode));
                    }
                    seen[0]++;
                    return true;
                });
        if (seen[0] < pair.expected.children().size()) {
            missing(pair);
        }
    }

    private void missing(Pair pair) {
        for (String child : pair.expected.children().keySet()) {
            if (pair.found.child(child.getBytes(StandardCharsets.ISO_8859_1)) == null) {
                throw differs(
                        pair.path + "/" + child, "is not in the image", "it is in the source");
            }
        }
        throw differs(pair.path, "has too few entries", "" + pair.expected.children().size());
    }

    private void entry(String path, ExpectedNode expected, Inode found) {
        entries++;
        same(
                path,
                "mode",
                Integer.toOctalString(expected.mode()),
                Integer.toOctalString(found.mode()));
        same(path, "uid", expected.uid(), found.uid());
        same(path, "gid", expected.gid(), found.gid());
        if (expected.mtimeSeconds() != found.mtimeSeconds()
                || expected.mtimeNanos() != found.mtimeNanos()) {
            throw differs(
                    path,
                    "has the time " + found.mtimeSeconds() + "." + found.mtimeNanos(),
                    "it is " + expected.mtimeSeconds() + "." + expected.mtimeNanos());
        }
        xattrs(path, expected.xattrs(), found);
        switch (expected.type()) {
            case REGULAR -> {
                same(path, "size", expected.size(), found.size());
                names(path, expected, found);
            }
            case SYMLINK ->
                    same(
                            path,
                            "target",
                            expected.target(),
                            new String(found.symlinkTarget(), StandardCharsets.ISO_8859_1));
            case CHARACTER, BLOCK -> same(path, "device", expected.rdev(), found.rdev());
            case DIRECTORY, FIFO, SOCKET -> {}
        }
    }

    private void same(String path, String what, Object expected, Object found) {
        if (!expected.equals(found)) {
            throw differs(path, "has the " + what + " " + found, "it is " + expected);
        }
    }

    private void xattrs(String path, List<Xattr> expected, Inode inode) {
        if (expected.isEmpty() && !inode.hasXattrs()) {
            return;
        }
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
            throw differs(path, "has the attributes " + text(found), "they are " + text(expected));
        }
    }

    private static String text(List<Xattr> xattrs) {
        var text = new StringBuilder("[");
        for (Xattr xattr : xattrs) {
            text.append(text.length() > 1 ? ", " : "")
                    .append(new String(xattr.name(), StandardCharsets.UTF_8))
                    .append('=')
                    .append(Hex.encode(xattr.value()));
        }
        return text.append(']').toString();
    }

    /** Names that share a file in the source share an inode, others do not; content once. */
    private void names(String path, ExpectedNode expected, Inode found) {
        var names = links.get(expected);
        if (names == null) {
            var other = nodes.putIfAbsent(found.number(), expected);
            if (other != null) {
                throw differs(path, "is a hard link", "it is a file of its own");
            }
            names = new Names(path, found);
            links.put(expected, names);
            content(path, expected.pieces(), found);
        } else if (names.inode.number() != found.number()) {
            throw differs(path, "is a file of its own", "it is a hard link to " + names.first);
        }
        names.count++;
    }

    private void content(String path, Pieces expected, Inode found) {
        int[] sums = expected.sums();
        same(path, "number of chunks", sums.length, found.chunkCount());
        for (int k = 0; k < sums.length; k++) {
            var ref = found.chunkRef(k);
            if (expected.known() && !chunks.holds(ref, sums[k])) {
                throw differs(
                        path,
                        "has other content in chunk " + k,
                        "its sum is " + Integer.toHexString(sums[k]));
            }
        }
    }

    private NaiadException differs(String path, String how, String source) {
        String readable =
                new String(path.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        return new NaiadException(
                ErrorKind.DATA_LOSS,
                "verify " + name + ": " + readable + " " + how + ", in the source " + source);
    }
}
