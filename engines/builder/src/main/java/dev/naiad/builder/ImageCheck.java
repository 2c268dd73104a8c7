package dev.naiad.builder;

import dev.naiad.builder.load.TreeWalk;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.v5.V5Bootstrap;
import java.nio.charset.StandardCharsets;

/**
 * Reads an image completely: every entry, every attribute, every chunk's record. The first
 * contradiction is thrown.
 */
public final class ImageCheck {
    private ImageCheck() {}

    /**
     * What an image holds.
     *
     * @param bytes of all files, each hard-linked one counted once per name
     */
    public record Summary(
            long entries, long directories, long files, long symlinks, long chunks, long bytes) {}

    /** Sees every entry, depth first. */
    @FunctionalInterface
    public interface Visitor {
        void visit(String path, Inode inode);
    }

    public static Summary check(Bootstrap image) {
        return check(image, (path, inode) -> {});
    }

    public static Summary check(Bootstrap image, Visitor visitor) {
        long[] counts = new long[6];
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    String path = parent == null ? "/" : join((String) parent, name);
                    count(inode, counts);
                    visitor.visit(path, inode);
                    return path;
                });
        image.prefetch();
        if (image instanceof V5Bootstrap old) {
            old.verifyDigests();
        }
        return new Summary(counts[0], counts[1], counts[2], counts[3], counts[4], counts[5]);
    }

    private static String join(String parent, byte[] name) {
        return (parent.equals("/") ? "" : parent) + "/" + new String(name, StandardCharsets.UTF_8);
    }

    private static void count(Inode inode, long[] counts) {
        counts[0]++;
        inode.xattrs();
        inode.mtimeNanos();
        if (inode.type() == FileType.DIRECTORY) {
            counts[1]++;
            inode.parentNumber();
        } else if (inode.type() == FileType.SYMLINK) {
            counts[3]++;
            inode.symlinkTarget();
        } else if (inode.type() == FileType.REGULAR) {
            counts[2]++;
            counts[5] += inode.size();
            int chunks = inode.chunkCount();
            for (int k = 0; k < chunks; k++) {
                inode.chunk(k);
            }
            counts[4] += chunks;
        }
    }
}
