package dev.naiad.builder.load;

import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Turns bootstraps into trees whose chunks live in one store. */
public final class TreeLoader {
    private final ChunkStore store;
    private final boolean findable;
    private final LongIntMap numbers = new LongIntMap();

    /**
     * @param findable whether later builds may share the loaded chunks
     */
    public TreeLoader(ChunkStore store, boolean findable) {
        this.store = store;
        this.findable = findable;
    }

    /**
     * Loads one image.
     *
     * @param blobs the index of each of its blobs in the store's blob table
     */
    public FileTree load(Bootstrap image, int[] blobs) {
        var tree = new FileTree();
        Map<Long, InodeData> linked = new HashMap<>();
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    var data = data(inode, blobs, linked);
                    if (!(parent instanceof TreeEntry directory)) {
                        tree.setRoot(data);
                        return tree.root();
                    }
                    return directory.put(name, data);
                });
        return tree;
    }

    /**
     * The chunks of all files, without a tree; a shared chunk is reported once for each use.
     *
     * @param blobs as for {@link #load}
     */
    public void chunks(Bootstrap image, int[] blobs, IntConsumer use) {
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    if (inode.type() == FileType.REGULAR) {
                        for (int number : chunks(inode, blobs)) {
                            use.accept(number);
                        }
                    }
                    return image;
                });
    }

    private InodeData data(Inode inode, int[] blobs, Map<Long, InodeData> linked) {
        boolean shared = inode.type() == FileType.REGULAR && inode.linkCount() > 1;
        if (shared) {
            @Nullable InodeData known = linked.get(inode.number());
            if (known != null) {
                return known;
            }
        }
        var data =
                new InodeData(inode.mode())
                        .owner(inode.uid(), inode.gid())
                        .mtime(inode.mtimeSeconds(), inode.mtimeNanos())
                        .rdev(inode.rdev())
                        .hint(inode.layerHint())
                        .xattrs(inode.xattrs());
        if (inode.type() == FileType.SYMLINK) {
            data.symlinkTarget(inode.symlinkTarget());
        } else if (inode.type() == FileType.REGULAR) {
            data.size(inode.size()).chunks(chunks(inode, blobs));
        }
        if (shared) {
            linked.put(inode.number(), data);
        }
        return data;
    }

    private int[] chunks(Inode inode, int[] blobs) {
        int[] chunks = new int[inode.chunkCount()];
        for (int k = 0; k < chunks.length; k++) {
            var ref = inode.chunkRef(k);
            int blob = blobs[ref.blobIndex()];
            long key = (long) blob << 32 | ref.chunkIndex();
            int number = numbers.get(key, -1);
            if (number < 0
                    || store.uncompressedSize(number) != ref.size()
                    || store.uncompressedOffset(number) != ref.uncompressedOffset()) {
                number = store.add(inode.chunk(k), blob, findable);
                numbers.put(key, number);
            }
            chunks[k] = number;
        }
        return chunks;
    }
}
