package dev.naiad.builder.load;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Visits every entry of an image, depth first, and always ends: a directory that turns up a second
 * time is an error, and so are more entries, chunk records or attribute bytes than a file of that
 * size can hold, however its parts overlap.
 */
public final class TreeWalk {
    private static final int SMALLEST_ENTRY = 13;
    private static final int CHUNK_RECORD = 8;

    private final Bootstrap image;
    private final BitSet seen = new BitSet();
    private long entries;
    private long chunks;

    private TreeWalk(Bootstrap image) {
        this.image = image;
    }

    /** Receives the entries. */
    @FunctionalInterface
    public interface Visitor {
        /**
         * One entry.
         *
         * @param parent of the entry, as this visitor returned it for the directory; null for the
         *     root
         * @param name empty for the root
         * @return what the children of this entry get as their parent
         */
        Object visit(@Nullable Object parent, byte[] name, Inode inode);
    }

    private record Open(Object place, Inode directory) {}

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Child(byte[] name, long number, FileType type) {}

    public static void walk(Bootstrap image, Visitor visitor) {
        new TreeWalk(image).run(visitor);
    }

    private void run(Visitor visitor) {
        var open = new ArrayDeque<Open>();
        var root = image.root();
        firstTime(root);
        open.push(new Open(visitor.visit(null, new byte[0], root), root));
        while (!open.isEmpty()) {
            var directory = open.pop();
            var children = new ArrayList<Child>();
            directory.directory.children(
                    0,
                    (number, type, name, cookie) -> {
                        children.add(new Child(name.toArray(ValueLayout.JAVA_BYTE), number, type));
                        return count(entries + children.size(), SMALLEST_ENTRY, "entries");
                    });
            entries += children.size();
            var below = new ArrayList<Open>();
            for (var child : children) {
                var inode = image.inode(child.number);
                if (inode.type() != child.type) {
                    throw new CorruptFormatException(
                            image.name(),
                            -1,
                            "inode " + child.number + " as " + child.type,
                            inode.type().toString());
                }
                boolean first = firstTime(inode);
                if (!first && (inode.type() == FileType.DIRECTORY || inode.linkCount() < 2)) {
                    throw new CorruptFormatException(
                            image.name(),
                            -1,
                            "inode " + child.number + " under one name",
                            "a second one");
                }
                var place = visitor.visit(directory.place, child.name, inode);
                if (inode.type() == FileType.DIRECTORY) {
                    below.add(new Open(place, inode));
                }
            }
            below.reversed().forEach(open::push);
        }
    }

    private boolean firstTime(Inode inode) {
        if (inode.number() > Integer.MAX_VALUE) {
            throw new CorruptFormatException(
                    image.name(), -1, "inode numbers below 2^31", Long.toString(inode.number()));
        }
        int number = (int) inode.number();
        if (seen.get(number)) {
            return false;
        }
        seen.set(number);
        chunks += inode.chunkCount();
        count(chunks, CHUNK_RECORD, "chunk records");
        return true;
    }

    private boolean count(long number, int size, String what) {
        if (number > image.byteSize() / size) {
            throw new CorruptFormatException(
                    image.name(), -1, "at most " + image.byteSize() / size + " " + what, "more");
        }
        return true;
    }
}
