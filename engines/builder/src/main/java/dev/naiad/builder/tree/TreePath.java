package dev.naiad.builder.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Paths as bytes, resolved so that none escapes the tree. */
public final class TreePath {
    private TreePath() {}

    /**
     * The parts of a path without empty ones and {@code .}; {@code ..} steps back and stays in the
     * root there.
     */
    public static byte[][] split(byte[] path) {
        var parts = new ArrayList<byte[]>();
        append(parts, path);
        return parts.toArray(new byte[0][]);
    }

    private static void append(List<byte[]> parts, byte[] path) {
        int start = 0;
        for (int i = 0; i <= path.length; i++) {
            if (i < path.length && path[i] != '/') {
                continue;
            }
            int length = i - start;
            if (length == 2 && path[start] == '.' && path[start + 1] == '.') {
                if (!parts.isEmpty()) {
                    parts.removeLast();
                }
            } else if (length > 1 || (length == 1 && path[start] != '.')) {
                parts.add(Arrays.copyOfRange(path, start, i));
            }
            start = i + 1;
        }
    }

    /** The parts, from the root, of a symlink's target in a directory. */
    static byte[][] resolve(TreeEntry directory, byte[] target) {
        var parts = new ArrayDeque<byte[]>();
        if (target.length == 0 || target[0] != '/') {
            for (@Nullable TreeEntry at = directory;
                    at != null && at.parent() != null;
                    at = at.parent()) {
                parts.push(at.name());
            }
        }
        var all = new ArrayList<>(parts);
        append(all, target);
        return all.toArray(new byte[0][]);
    }
}
