package dev.naiad.builder.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.v6.Dirent;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The entries of one directory, {@code .} and {@code ..} at their sorted positions, packed into
 * blocks.
 */
final class DirentBlocks {
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};

    private final TreeEntry[] targets;
    private final int dot;
    private final int dotDot;
    private final int block;

    DirentBlocks(TreeEntry directory, int blockSize) {
        block = blockSize;
        var children = directory.children();
        targets = new TreeEntry[children.size() + 2];
        dot = firstFrom(DOT, children);
        dotDot = firstFrom(DOT_DOT, children) + 1;
        @Nullable TreeEntry parent = directory.parent();
        int child = 0;
        for (int i = 0; i < targets.length; i++) {
            if (i == dot) {
                targets[i] = directory;
            } else if (i == dotDot) {
                targets[i] = parent == null ? directory : parent;
            } else {
                targets[i] = children.get(child++);
            }
        }
    }

    /** How many names sort before that one: few begin with a byte below the dot. */
    private static int firstFrom(byte[] name, List<TreeEntry> children) {
        int i = 0;
        while (i < children.size() && Arrays.compareUnsigned(children.get(i).name(), name) < 0) {
            i++;
        }
        return i;
    }

    private byte[] name(int i) {
        return i == dot ? DOT : i == dotDot ? DOT_DOT : targets[i].name();
    }

    /** Bytes from the start of the first block to the last used byte. */
    long size() {
        long blocks = 0;
        int used = 0;
        for (int i = 0; i < targets.length; i++) {
            int need = Dirent.SIZE + name(i).length;
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
        while (from < targets.length) {
            int to = from;
            int used = 0;
            while (to < targets.length && used + Dirent.SIZE + name(to).length <= block) {
                used += Dirent.SIZE + name(to).length;
                to++;
            }
            writeBlock(file, position.of(number++), from, to);
            from = to;
        }
    }

    private void writeBlock(LittleEndian file, long at, int from, int to) {
        int nameAt = (to - from) * Dirent.SIZE;
        for (int i = from; i < to; i++) {
            var inode = targets[i].inode();
            byte[] name = name(i);
            Dirent.write(
                    file,
                    at + (long) (i - from) * Dirent.SIZE,
                    inode.position() / V6Layout.SLOT,
                    nameAt,
                    inode.type());
            file.putBytes(at + nameAt, name);
            nameAt += name.length;
        }
    }
}
