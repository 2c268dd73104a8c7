package dev.naiad.builder.directory;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.linux.RawFiles;
import dev.naiad.linux.RawPath;
import dev.naiad.linux.Stat;
import dev.naiad.linux.Xattrs;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Xattr;
import dev.naiad.rafs.v6.XattrArea;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a tree of a directory: names are bytes, links are not followed, other file systems mounted
 * below are entered.
 */
public final class DirectoryScanner {
    private static final Logger LOG = LoggerFactory.getLogger(DirectoryScanner.class);

    private record FileId(long device, long inode) {}

    private record Open(TreeEntry entry, RawPath path) {}

    private final int chunkSize;
    private final boolean explicitOwners;
    private final Map<FileId, InodeData> linked = new HashMap<>();

    public DirectoryScanner(int chunkSize, boolean explicitOwners) {
        this.chunkSize = chunkSize;
        this.explicitOwners = explicitOwners;
    }

    /** Scans everything below; chunk numbers are filled in later. The root's time is 1970. */
    public FileTree scan(Path directory) {
        var root = RawPath.of(directory.toAbsolutePath());
        var stat = RawFiles.stat(root);
        if ((stat.mode() & Stat.S_IFMT) != Stat.S_IFDIR) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, directory + " is not a directory");
        }
        var tree = new FileTree();
        tree.setRoot(inode(root, stat).mtime(0, 0));
        var open = new ArrayDeque<Open>();
        open.push(new Open(tree.root(), root));
        while (!open.isEmpty()) {
            var at = open.pop();
            for (var child : RawFiles.list(at.path)) {
                var path = at.path.resolve(child.name().bytes());
                var entry = at.entry.put(child.name().bytes(), inode(path, RawFiles.lstat(path)));
                if (entry.isDirectory()) {
                    open.push(new Open(entry, path));
                }
            }
        }
        return tree;
    }

    private InodeData inode(RawPath path, Stat stat) {
        var id = new FileId(stat.device(), stat.inode());
        boolean shared = (stat.mode() & Stat.S_IFMT) == Stat.S_IFREG && stat.links() > 1;
        if (shared) {
            var known = linked.get(id);
            if (known != null) {
                return known;
            }
        }
        var mtime = stat.mtime();
        var inode =
                new InodeData(stat.mode() & 0xffff)
                        .owner(explicitOwners ? stat.uid() : 0, explicitOwners ? stat.gid() : 0)
                        .mtime(mtime.getEpochSecond(), mtime.getNano())
                        .rdev(stat.rdevice() & 0xffff_ffffL)
                        .xattrs(xattrs(path));
        if (inode.type() == FileType.SYMLINK) {
            inode.symlinkTarget(RawFiles.readlink(path));
        } else if (inode.isRegular()) {
            long chunks = stat.size() == 0 ? 0 : (stat.size() - 1) / chunkSize + 1;
            if (chunks > 1 << 24) {
                throw new NaiadException(
                        ErrorKind.OUT_OF_RANGE,
                        path + ": " + chunks + " chunks; use a larger chunk size");
            }
            inode.size(stat.size()).chunks(new int[(int) chunks]);
        }
        if (shared) {
            linked.put(id, inode);
        }
        return inode;
    }

    private static List<Xattr> xattrs(RawPath path) {
        var result = new ArrayList<Xattr>();
        for (String name : Xattrs.list(path)) {
            byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
            if (!XattrArea.isStorable(bytes)) {
                LOG.warn("{}: attribute {} has a name that RAFS cannot hold; left out", path, name);
                continue;
            }
            Xattrs.get(path, name).ifPresent(value -> result.add(new Xattr(bytes, value)));
        }
        return result;
    }
}
