package dev.naiad.builder.directory;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.FileFeeder;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.linux.Fd;
import dev.naiad.linux.Open;
import dev.naiad.linux.RawPath;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Feeds the files of a scanned directory: first the prefetched ones, then all others in numbering
 * order.
 */
public final class DirectoryData {
    private final RawPath root;
    private final FileFeeder feeder;
    private final Set<InodeData> done = Collections.newSetFromMap(new IdentityHashMap<>());

    public DirectoryData(Path root, FileFeeder feeder) {
        this.root = RawPath.of(root.toAbsolutePath());
        this.feeder = feeder;
    }

    /**
     * Feeds everything.
     *
     * @param first files and directories in the order of the prefetch patterns
     */
    public void feed(FileTree tree, List<TreeEntry> first) {
        for (var entry : first) {
            FileTree.forEachBelow(entry, this::add);
        }
        tree.forEach(this::add);
    }

    private void add(TreeEntry entry) {
        var inode = entry.inode();
        if (!inode.isRegular() || inode.size() == 0 || !done.add(inode)) {
            return;
        }
        var path = root.resolve(relative(entry));
        try (var fd = Fd.open(path, Open.O_RDONLY | Open.O_NOFOLLOW, 0)) {
            feeder.add(
                    (offset, target) -> {
                        long at = 0;
                        while (at < target.byteSize()) {
                            long count = fd.pread(target.asSlice(at), offset + at);
                            if (count == 0) {
                                throw new NaiadException(
                                        ErrorKind.ABORTED,
                                        path
                                                + " became shorter than "
                                                + inode.size()
                                                + " bytes while it was read");
                            }
                            at += count;
                        }
                    },
                    inode.size(),
                    inode.chunks());
        }
    }

    private static byte[] relative(TreeEntry entry) {
        byte[] path = entry.pathBytes();
        byte[] result = new byte[path.length - 1];
        System.arraycopy(path, 1, result, 0, result.length);
        return result;
    }
}
