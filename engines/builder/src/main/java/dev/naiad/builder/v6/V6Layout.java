package dev.naiad.builder.v6;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.v6.ChunkIndexRecord;
import dev.naiad.rafs.v6.ErofsInode;
import dev.naiad.rafs.v6.XattrArea;

/**
 * Decides where every inode of a tree goes, as if the metadata began at 0: the root at 4096. The
 * same tree gets the same layout. docs/formats/rafs-v6.md#space
 */
final class V6Layout {
    static final int SLOT = ErofsInode.SLOT;

    /** The root's position before the metadata is moved behind the tables. */
    static final long START = 4096;

    private static final int MAX_XATTRS = 12 + 4 * 65534; // the inode counts them in 16 bits

    private final int block;
    private final SpaceAllocator space;

    private V6Layout(int blockSize) {
        block = blockSize;
        space = new SpaceAllocator(blockSize, START);
    }

    /**
     * Places everything and sets the sizes of directories. The tree must be numbered.
     *
     * @return the end of the inodes
     */
    static long place(FileTree tree, int blockSize) {
        var layout = new V6Layout(blockSize);
        tree.forEachDirectory(
                directory -> {
                    layout.placeDirectory(directory);
                    var children = directory.children();
                    for (int i = 0; i < children.size(); i++) {
                        if (!children.get(i).isDirectory()) {
                            layout.placeOther(children.get(i));
                        }
                    }
                });
        return layout.space.end();
    }

    static boolean isInline(InodeData inode, int block) {
        long tail = inode.size() % block;
        return tail != 0 && headSize(inode) + tail <= block;
    }

    static long headSize(InodeData inode) {
        return ErofsInode.EXTENDED + XattrArea.size(inode.xattrs());
    }

    private void placeDirectory(TreeEntry directory) {
        var inode = directory.inode();
        checkXattrs(directory);
        inode.size(new DirentBlocks(directory, block).size());
        placeWithData(inode);
    }

    private void placeOther(TreeEntry entry) {
        var inode = entry.inode();
        switch (inode.type()) {
            case REGULAR -> {
                if (inode.position() == 0) {
                    checkXattrs(entry);
                    long head = ChunkIndexRecord.align(headSize(inode));
                    inode.place(
                            space.anywhere(
                                    head + (long) ChunkIndexRecord.SIZE * inode.chunks().length),
                            0);
                }
            }
            case SYMLINK -> {
                checkXattrs(entry);
                placeWithData(inode);
            }
            default -> {
                checkXattrs(entry);
                inode.place(space.append(headSize(inode)), 0);
            }
        }
    }

    private void placeWithData(InodeData inode) {
        long head = headSize(inode);
        long size = inode.size();
        if (isInline(inode, block)) {
            long tail = size % block;
            long at = space.insideBlock(head + tail);
            // compat: in an inode whose data is wholly inline the original records the end of
            // what it has placed so far. Readers ignore it, but it is part of the bootstrap's
            // bytes.
            inode.place(at, size == tail ? space.usedEnd() : space.blocks(size - tail));
        } else {
            long at = space.anywhere(head);
            inode.place(at, size == 0 ? 0 : space.blocks(size));
        }
    }

    private static void checkXattrs(TreeEntry entry) {
        long size = XattrArea.size(entry.inode().xattrs());
        if (size > MAX_XATTRS) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    entry.path()
                            + ": "
                            + size
                            + " bytes of extended attributes; RAFS v6 holds "
                            + MAX_XATTRS);
        }
    }
}
