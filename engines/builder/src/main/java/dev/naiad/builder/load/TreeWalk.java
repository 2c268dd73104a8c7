package dev.naiad.builder.load;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;

/**
 * Visits every entry of an image, depth first, and ends for certain: a directory that turns up a second time is an error, so the
 * number of entries is bounded by the size of the file.
 */
public final class TreeWalk {
    private TreeWalk() {}

    /** Receives the entries. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * @param parent of the entry, as this visitor returned it for the directory; null for the root
         * @param name empty for the root
         * @return what the children of this entry get as their parent
         */
        Object visit(@Nullable Object parent, byte[] name, Inode inode);
    }

    private record Open(Object place, Inode directory) {}

    private record Child(byte[] name, long number, FileType type) {}

    public static void walk(Bootstrap image, Visitor visitor) {
        var seen = new HashSet<Long>();
        var open = new ArrayDeque<Open>();
        var root = image.root();
        seen.add(root.number());
        open.push(new Open(visitor.visit(null, new byte[0], root), root));
        while (!open.isEmpty()) {
            var directory = open.pop();
            var children = new ArrayList<Child>();
            directory.directory.children(
                    0,
                    (number, type, name, cookie) ->
                            children.add(new Child(name.toArray(ValueLayout.JAVA_BYTE), number, type)));
            var below = new ArrayList<Open>();
            for (var child : children) {
                var inode = image.inode(child.number);
                if (inode.type() != child.type) {
                    throw new CorruptFormatException(
                            image.name(), -1, "inode " + child.number + " as " + child.type, inode.type().toString());
                }
                var place = visitor.visit(directory.place, child.name, inode);
                if (inode.type() == FileType.DIRECTORY) {
                    if (!seen.add(child.number)) {
                        throw new CorruptFormatException(
                                image.name(), -1, "each directory in one place", "inode " + child.number + " in two");
                    }
                    below.add(new Open(place, inode));
                }
            }
            below.reversed().forEach(open::push);
        }
    }
}
