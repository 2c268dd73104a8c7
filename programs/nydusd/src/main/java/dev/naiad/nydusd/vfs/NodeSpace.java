package dev.naiad.nydusd.vfs;

import dev.naiad.fuse.FuseFileSystem;

/**
 * How the numbers of one filesystem become nodes of the kernel: {@code index << 56 | number}, a
 * pure function, so that a successor of a killed daemon understands the nodes the kernel holds.
 *
 * @param index 1 to 255
 * @param generation of this use of the index; the kernel takes a node of another generation for
 *     another file
 * @param root the filesystem's own number of its root
 * @param isKernelRoot the filesystem is mounted at {@code /}, and node 1 stands for its root
 */
public record NodeSpace(int index, long generation, long root, boolean isKernelRoot) {
    private static final int SHIFT = 56;
    private static final long NUMBER = (1L << SHIFT) - 1;

    /** The index in a node; 0 is the pseudo filesystem. */
    public static int indexOf(long node) {
        return (int) (node >>> SHIFT);
    }

    public NodeSpace withRoot(long number) {
        return new NodeSpace(index, generation, number, isKernelRoot);
    }

    public long node(long number) {
        if (isKernelRoot && number == root) {
            return FuseFileSystem.ROOT;
        }
        return (long) index << SHIFT | (number & NUMBER);
    }

    public long number(long node) {
        return isKernelRoot && node == FuseFileSystem.ROOT ? root : node & NUMBER;
    }

    /**
     * The inode number users see: the filesystem's own where it is alone, else the node, because
     * all filesystems of one FUSE mount share a device number.
     */
    public long visibleInode(long number) {
        return isKernelRoot ? number : node(number);
    }
}
