package dev.naiad.nydusimage.command;

import dev.naiad.base.bytes.Hex;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Every inode of an image and its chunks, depth first, as {@code check --verbose} prints them. */
final class CheckListing {
    private static final class Node {
        final String path;
        final int nameSize;
        final Inode inode;
        final long index;
        final List<Node> children = new ArrayList<>();

        Node(String path, int nameSize, Inode inode, long index) {
            this.path = path;
            this.nameSize = nameSize;
            this.inode = inode;
            this.index = index;
        }
    }

    private final PrintStream out;
    private final Set<Long> seen = new HashSet<>();

    private CheckListing(PrintStream out) {
        this.out = out;
    }

    static void print(Bootstrap image, PrintStream out) {
        new CheckListing(out).print(load(image));
    }

    /** The walk visits entries in the order in which images number them. */
    private static Node load(Bootstrap image) {
        var all = new ArrayList<Node>();
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    long index = all.size() + 1L;
                    Node node;
                    if (parent instanceof Node directory) {
                        String path =
                                (directory.path.equals("/") ? "" : directory.path)
                                        + "/"
                                        + new String(name, StandardCharsets.UTF_8);
                        node = new Node(path, name.length, inode, index);
                        directory.children.add(node);
                    } else {
                        node = new Node("/", 1, inode, index);
                    }
                    all.add(node);
                    return node;
                });
        return all.getFirst();
    }

    private void print(Node root) {
        var open = new ArrayDeque<Node>();
        open.push(root);
        while (!open.isEmpty()) {
            var node = open.pop();
            line(node);
            node.children.reversed().forEach(open::push);
        }
    }

    private String type(Inode inode) {
        return switch (inode.type()) {
            case DIRECTORY -> "dir";
            case REGULAR ->
                    inode.linkCount() > 1 && !seen.add(inode.number()) ? "hardlink" : "file";
            case SYMLINK -> "symlink";
            case CHARACTER, BLOCK, FIFO, SOCKET -> "";
        };
    }

    private void line(Node node) {
        var inode = node.inode;
        boolean symlink = inode.type() == FileType.SYMLINK;
        byte[] target = inode.symlinkTarget();
        int chunks = inode.chunkCount();
        out.println(
                "inode: "
                        + type(inode)
                        + " "
                        + quoted(node.path)
                        + ": index "
                        + node.index
                        + " ino "
                        + inode.number()
                        + " real_ino "
                        + inode.number()
                        + " child_index "
                        + (node.children.isEmpty() ? 0 : node.children.getFirst().index)
                        + " child_count "
                        + (inode.type() == FileType.DIRECTORY ? node.children.size() : chunks)
                        + " i_nlink "
                        + inode.linkCount()
                        + " i_size "
                        + inode.size()
                        + " i_blocks "
                        + inode.blocks()
                        + " i_name_size "
                        + node.nameSize
                        + " i_symlink_size "
                        + target.length
                        + " has_xattr "
                        + inode.hasXattrs()
                        + " link "
                        + (symlink
                                ? "Some(" + quoted(new String(target, StandardCharsets.UTF_8)) + ")"
                                : "None")
                        + " i_mtime "
                        + inode.mtimeSeconds()
                        + " i_mtime_nsec "
                        + inode.mtimeNanos());
        for (int k = 0; k < chunks; k++) {
            out.println("\t chunk: " + text(inode.chunk(k)));
        }
    }

    /** In quotes, with escapes as Rust writes them, so that no name can end its line. */
    private static String quoted(String name) {
        var text = new StringBuilder("\"");
        name.codePoints()
                .forEach(
                        c -> {
                            switch (c) {
                                case '"' -> text.append("\\\"");
                                case '\\' -> text.append("\\\\");
                                case '\n' -> text.append("\\n");
                                case '\r' -> text.append("\\r");
                                case '\t' -> text.append("\\t");
                                case 0 -> text.append("\\0");
                                default -> {
                                    if (Character.isISOControl(c)) {
                                        text.append("\\u{")
                                                .append(Integer.toHexString(c))
                                                .append('}');
                                    } else {
                                        text.appendCodePoint(c);
                                    }
                                }
                            }
                        });
        return text.append('"').toString();
    }

    private static String text(ChunkInfo chunk) {
        return "id "
                + Hex.encode(chunk.digest())
                + ", index "
                + chunk.chunkIndex()
                + ", blob_index "
                + chunk.blobIndex()
                + ", file_offset "
                + chunk.fileOffset()
                + ", compressed "
                + chunk.compressedOffset()
                + "/"
                + chunk.compressedSize()
                + ", uncompressed "
                + chunk.uncompressedOffset()
                + "/"
                + chunk.uncompressedSize()
                + (chunk.hasCrc() ? ", crc32 0x" + Integer.toHexString(chunk.crc32c()) : "");
    }
}
