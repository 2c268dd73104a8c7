package dev.naiad.convert.verify;

import dev.naiad.base.error.NaiadException;
import java.util.Arrays;

/**
 * Which names of an image are one file: those that share a node in the source must share an inode,
 * others must not, and each inode has as many links as names. Numbers in columns, no map.
 */
final class HardLinkAudit {
    /** In place of a link count: the inode belongs to another file as well. */
    static final long SHARED = -1;

    private static final long NONE = -1;

    private final long[] inode; // by node of the source
    private final int[] names;
    private final long[] linkCount;
    private int files;

    /** What a name is. */
    enum Name {
        /** The first of its file. */
        FIRST,

        /** A further one, of the same inode. */
        ANOTHER,

        /** A further one, but of another inode. */
        OF_ANOTHER_INODE
    }

    /** Makes the error of a node. */
    @FunctionalInterface
    interface Problem {
        /**
         * Makes it.
         *
         * @param found the inode's link count, or {@link #SHARED}
         */
        NaiadException of(int node, long found, int expected);
    }

    HardLinkAudit(int nodes) {
        inode = new long[nodes];
        Arrays.fill(inode, NONE);
        names = new int[nodes];
        linkCount = new long[nodes];
    }

    /** A name of a regular file. */
    Name name(int node, long number, long links) {
        names[node]++;
        if (inode[node] == NONE) {
            inode[node] = number;
            linkCount[node] = links;
            files++;
            return Name.FIRST;
        }
        return inode[node] == number ? Name.ANOTHER : Name.OF_ANOTHER_INODE;
    }

    /** Call it when all names were told. */
    void finish(Problem problem) {
        long[] sorted = new long[files];
        int at = 0;
        for (long number : inode) {
            if (number != NONE) {
                sorted[at++] = number;
            }
        }
        Arrays.sort(sorted);
        for (int i = 1; i < files; i++) {
            if (sorted[i] == sorted[i - 1]) {
                throw problem.of(last(sorted[i]), SHARED, 1);
            }
        }
        for (int node = 0; node < inode.length; node++) {
            if (inode[node] != NONE && linkCount[node] != names[node]) {
                throw problem.of(node, linkCount[node], names[node]);
            }
        }
    }

    private int last(long number) {
        int node = inode.length - 1;
        while (inode[node] != number) {
            node--;
        }
        return node;
    }
}
