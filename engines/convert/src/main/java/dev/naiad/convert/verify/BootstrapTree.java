package dev.naiad.convert.verify;

import dev.naiad.convert.verify.ExpectedNode.Origin;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.Xattr;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/** The tree of a layer as its bootstrap tells it, for layers whose archive does not pass here. */
final class BootstrapTree {
    private final Bootstrap image;
    private final ExpectedTree tree = new ExpectedTree();
    private final Map<Long, Integer> files = new HashMap<>();

    private record Open(Inode directory, int node) {}

    private BootstrapTree(Bootstrap image) {
        this.image = image;
    }

    static ExpectedTree read(Bootstrap image) {
        return new BootstrapTree(image).run();
    }

    private ExpectedTree run() {
        var open = new ArrayDeque<Open>();
        tree.nodes().set(ExpectedTree.ROOT, node(image.root()));
        open.push(new Open(image.root(), ExpectedTree.ROOT));
        while (!open.isEmpty()) {
            var next = open.pop();
            next.directory.children(
                    0,
                    (number, type, name, cookie) -> {
                        var inode = image.inode(number);
                        int child = child(next.node, name.toArray(ValueLayout.JAVA_BYTE), inode);
                        if (type == FileType.DIRECTORY) {
                            open.push(new Open(inode, child));
                        }
                        return true;
                    });
        }
        return tree;
    }

    private int child(int directory, byte[] name, Inode inode) {
        boolean shared = inode.type() == FileType.REGULAR && inode.linkCount() > 1;
        Integer known = shared ? files.get(inode.number()) : null;
        if (known != null) {
            tree.place(directory, name, 0, name.length, known);
            return known;
        }
        int id = tree.put(directory, name, 0, name.length, node(inode));
        if (shared) {
            files.put(inode.number(), id);
        }
        return id;
    }

    private ExpectedNode node(Inode inode) {
        var type = inode.type();
        return new ExpectedNode(
                inode.mode(),
                inode.uid(),
                inode.gid(),
                type == FileType.REGULAR ? inode.size() : 0,
                inode.mtimeSeconds(),
                inode.mtimeNanos(),
                type.isDevice() ? inode.rdev() : 0,
                type == FileType.SYMLINK ? inode.symlinkTarget() : ExpectedNode.NO_TARGET,
                inode.xattrs().stream()
                        .sorted(Comparator.comparing(Xattr::name, Arrays::compareUnsigned))
                        .toList(),
                type == FileType.REGULAR ? pieces(inode) : Pieces.NONE,
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
        return new Pieces(sums, sums.length, known);
    }
}
