package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** The tree of a layer as its bootstrap tells it, for layers whose archive does not pass here. */
final class BootstrapTree {
    private final Bootstrap image;
    private final Map<Long, ExpectedNode> files = new HashMap<>();

    private record Open(Inode directory, ExpectedNode node) {}

    private BootstrapTree(Bootstrap image) {
        this.image = image;
    }

    static ExpectedTree read(Bootstrap image) {
        return new BootstrapTree(image).run();
    }

    private ExpectedTree run() {
        var tree = new ExpectedTree();
        var open = new ArrayDeque<Open>();
        tree.replaceRoot(node(image.root()));
        open.push(new Open(image.root(), tree.root()));
        while (!open.isEmpty()) {
            var next = open.pop();
            next.directory.children(
                    0,
                    (number, type, name, cookie) -> {
                        var inode = image.inode(number);
                        var child =
                                type == FileType.REGULAR
                                        ? files.computeIfAbsent(number, n -> node(inode))
                                        : node(inode);
                        next.node
                                .children()
                                .put(
                                        new String(
                                                name.toArray(ValueLayout.JAVA_BYTE),
                                                StandardCharsets.ISO_8859_1),
                                        child);
                        if (type == FileType.DIRECTORY) {
                            open.push(new Open(inode, child));
                        }
                        return true;
                    });
        }
        return tree;
    }

    private ExpectedNode node(Inode inode) {
        var type = inode.type();
        boolean device = type == FileType.CHARACTER || type == FileType.BLOCK;
        return new ExpectedNode(
                inode.mode(),
                inode.uid(),
                inode.gid(),
                type == FileType.REGULAR ? inode.size() : 0,
                inode.mtimeSeconds(),
                inode.mtimeNanos(),
                device ? inode.rdev() : 0,
                type == FileType.SYMLINK
                        ? new String(inode.symlinkTarget(), StandardCharsets.ISO_8859_1)
                        : "",
                inode.xattrs().stream()
                        .sorted((a, b) -> Arrays.compareUnsigned(a.name(), b.name()))
                        .toList(),
                type == FileType.REGULAR ? pieces(inode) : Pieces.NONE,
                type == FileType.DIRECTORY ? new HashMap<>() : Map.of(),
                switch (inode.layerHint()) {
                    case NONE -> Origin.LISTED;
                    case IMPLICIT_DIRECTORY -> Origin.IMPLIED;
                    case LINK_BELOW -> Origin.LINK_BELOW;
                });
    }

    /** The sums of the records; a record without one says nothing. */
    private Pieces pieces(Inode inode) {
        int[] sums = new int[inode.chunkCount()];
        boolean known = true;
        for (int k = 0; k < sums.length && known; k++) {
            var ref = inode.chunkRef(k);
            var chunks = image.chunks(ref.blobIndex());
            known =
                    ref.chunkIndex() < chunks.count()
                            && chunks.isKnown(ref.chunkIndex())
                            && chunks.hasCrc(ref.chunkIndex());
            sums[k] = known ? chunks.crc32c(ref.chunkIndex()) : 0;
        }
        return new Pieces(sums, known);
    }
}
