package dev.naiad.convert.verify;

import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A file, directory or other node as a source describes it. The names of a hard-linked file share
 * one. Names are bytes, one in each character of a string.
 *
 * @param mode with type bits
 * @param rdev Linux {@code makedev} of a device
 * @param target of a symlink
 * @param pieces what a regular file holds, piece by piece of the image's chunk size
 * @param children of a directory, changed while a tree is put together; empty and fixed for others
 * @param origin how the source came to speak of it
 */
record ExpectedNode(
        int mode,
        long uid,
        long gid,
        long size,
        long mtimeSeconds,
        int mtimeNanos,
        long rdev,
        String target,
        List<Xattr> xattrs,
        Pieces pieces,
        Map<String, ExpectedNode> children,
        Origin origin) {

    /** How a source comes to speak of a node. */
    enum Origin {
        LISTED,

        /** A directory that only stands in the paths of other entries. */
        IMPLIED,

        /**
         * A hard link to a file of a lower layer; the layer alone shows a symlink to its absolute
         * path.
         */
        LINK_BELOW
    }

    static ExpectedNode implicitDirectory() {
        return new ExpectedNode(
                FileType.DIRECTORY.modeBits() | 0755,
                0,
                0,
                0,
                0,
                0,
                0,
                "",
                List.of(),
                Pieces.NONE,
                new HashMap<>(),
                Origin.IMPLIED);
    }

    boolean isImplied() {
        return origin == Origin.IMPLIED;
    }

    boolean isDirectory() {
        return type() == FileType.DIRECTORY;
    }

    boolean isRegular() {
        return type() == FileType.REGULAR;
    }

    FileType type() {
        return FileType.ofMode(mode)
                .orElseThrow(
                        () -> new IllegalStateException("mode 0" + Integer.toOctalString(mode)));
    }

    /** Another node with the same attributes. */
    ExpectedNode with(Map<String, ExpectedNode> otherChildren) {
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
                pieces,
                otherChildren,
                origin);
    }

    @Nullable ExpectedNode child(String name) {
        return children.get(name);
    }

    /**
     * Adds a child or replaces the one of that name; a directory that replaces a directory takes
     * over its children.
     */
    ExpectedNode put(String name, ExpectedNode node) {
        var present = children.get(name);
        var placed =
                present != null && present.isDirectory() && node.isDirectory()
                        ? node.with(present.children)
                        : node;
        children.put(name, placed);
        return placed;
    }
}
