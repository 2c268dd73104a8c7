package dev.naiad.builder;

import dev.naiad.base.bytes.Hex;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Inode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a bootstrap says of every path, whichever generation it is. */
final class TreeText {
    private TreeText() {}

    /** By path, as ISO 8859-1; the root is empty. */
    static SortedMap<String, String> of(Bootstrap image) {
        var result = new TreeMap<String, String>();
        Map<Long, String> first = new HashMap<>();
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    String path =
                            parent == null
                                    ? ""
                                    : parent + "/" + new String(name, StandardCharsets.ISO_8859_1);
                    result.put(path, describe(inode, first, path));
                    return path;
                });
        return result;
    }

    private static String describe(Inode inode, Map<Long, String> first, String path) {
        var text = new StringBuilder(Integer.toOctalString(inode.mode()));
        text.append(' ').append(inode.uid()).append(':').append(inode.gid());
        text.append(' ').append(inode.mtimeSeconds()).append('.').append(inode.mtimeNanos());
        text.append(" links ").append(inode.linkCount());
        switch (inode.type()) {
            case REGULAR -> {
                text.append(" size ").append(inode.size());
                text.append(" as ").append(first.computeIfAbsent(inode.number(), n -> path));
                for (int k = 0; k < inode.chunkCount(); k++) {
                    text.append(' ').append(Hex.encode(inode.chunk(k).digest()));
                }
            }
            case SYMLINK ->
                    text.append(" -> ")
                            .append(new String(inode.symlinkTarget(), StandardCharsets.ISO_8859_1));
            case CHARACTER, BLOCK -> text.append(" device ").append(inode.rdev());
            case DIRECTORY, FIFO, SOCKET -> {}
        }
        for (var xattr : inode.xattrs()) {
            text.append(' ')
                    .append(new String(xattr.name(), StandardCharsets.ISO_8859_1))
                    .append('=')
                    .append(Hex.encode(xattr.value()));
        }
        return text.toString();
    }
}
