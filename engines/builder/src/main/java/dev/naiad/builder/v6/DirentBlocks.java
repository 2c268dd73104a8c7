package dev.naiad.builder.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.v6.Dirent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one directory, {@code .} and {@code ..} at their sorted places, packed into
 * blocks.
 */
final class DirentBlocks {
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};

    @SuppressWarnings("ArrayRecordComponent") // compared nowhere
    private record Entry(byte[] name, TreeEntry target) {}

    private final List<Entry> entries;
    private final int block;

    DirentBlocks(TreeEntry directory, int blockSize) {
        block = blockSize;
        entries = new ArrayList<>(directory.children().size() + 2);
        @Nullable TreeEntry parent = directory.parent();
        entries.add(new Entry(DOT, directory));
        entries.add(new Entry(DOT_DOT, parent == null ? directory : parent));
        for (var child : directory.children()) {
            entries.add(new Entry(child.name(), child));
        }
        // The children are sorted already: only the dots have to move, which the sort finds out in
        // one pass.
        entries.sort((a, b) -> Arrays.compareUnsigned(a.name, b.name));
    }

    /** Bytes from the start of the first block to the last used byte. */
    long size() {
        long blocks = 0;
        int used = 0;
        for (var entry : entries) {
            int need = Dirent.SIZE + entry.name.length;
            if (used + need > block) {
                blocks++;
                used = 0;
            }
            used += need;
        }
        return blocks * block + used;
    }

    /** Receives where block {@code number} of the directory lies in the file. */
    @FunctionalInterface
    interface BlockPosition {
        long of(long number);
    }

    void write(LittleEndian file, BlockPosition position) {
        long number = 0;
        int from = 0;
        while (from < entries.size()) {
            int to = from;
            int used = 0;
            while (to < entries.size()
                    && used + Dirent.SIZE + entries.get(to).name.length <= block) {
                used += Dirent.SIZE + entries.get(to).name.length;
                to++;
            }
            writeBlock(file, position.of(number++), entries.subList(from, to));
            from = to;
        }
    }

    private static void writeBlock(LittleEndian file, long at, List<Entry> block) {
        int nameAt = block.size() * Dirent.SIZE;
        for (int i = 0; i < block.size(); i++) {
            var entry = block.get(i);
            var inode = entry.target.inode();
            FileType type = inode.type();
            Dirent.write(
                    file,
                    at + (long) i * Dirent.SIZE,
                    inode.position() / V6Layout.SLOT,
                    nameAt,
                    type);
            file.putBytes(at + nameAt, entry.name);
            nameAt += entry.name.length;
        }
    }
}
