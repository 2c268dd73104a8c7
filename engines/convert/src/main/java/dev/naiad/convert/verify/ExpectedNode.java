package dev.naiad.convert.verify;

import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import java.util.List;

/**
 * A file, directory or other node as a source describes it, on its way into an {@link
 * ExpectedTree}.
 *
 * @param mode with type bits
 * @param rdev Linux {@code makedev} of a device
 * @param target of a symlink
 * @param xattrs in the order of their names
 * @param pieces what a regular file holds, piece by piece of the image's chunk size
 * @param origin how the source came to speak of it
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
record ExpectedNode(
        int mode,
        long uid,
        long gid,
        long size,
        long mtimeSeconds,
        int mtimeNanos,
        long rdev,
        byte[] target,
        List<Xattr> xattrs,
        Pieces pieces,
        Origin origin) {
    static final byte[] NO_TARGET = {};

    /** A directory that nothing is said of. */
    static final ExpectedNode IMPLIED_DIRECTORY =
            new ExpectedNode(
                    FileType.DIRECTORY.modeBits() | 0755,
                    0,
                    0,
                    0,
                    0,
                    0,
                    0,
                    NO_TARGET,
                    List.of(),
                    Pieces.NONE,
                    Origin.IMPLIED);

    /** How a source comes to speak of a node. */
    enum Origin {
        LISTED(0),

        /** A directory that only stands in the paths of other entries. */
        IMPLIED(1),

        /**
         * A hard link to a file of a lower layer; the layer alone shows a symlink to its absolute
         * path.
         */
        LINK_BELOW(2);

        private static final Origin[] ALL = values();
        private final int number;

        Origin(int number) {
            this.number = number;
        }

        /** By which columns know it. */
        int number() {
            return number;
        }

        static Origin of(int number) {
            return ALL[number];
        }
    }

    /** The same file with its content. */
    ExpectedNode with(Pieces content) {
        return new ExpectedNode(
                mode,
                uid,
                gid,
                size,
                mtimeSeconds,
                mtimeNanos,
                rdev,
                target,
                xattrs,
                content,
                origin);
    }
}
