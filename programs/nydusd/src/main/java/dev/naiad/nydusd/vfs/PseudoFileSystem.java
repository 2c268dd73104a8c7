package dev.naiad.nydusd.vfs;

import dev.naiad.fuse.AttrOut;
import dev.naiad.fuse.DataOut;
import dev.naiad.fuse.DirOut;
import dev.naiad.fuse.EntryOut;
import dev.naiad.fuse.FuseFileSystem;
import dev.naiad.fuse.FuseName;
import dev.naiad.fuse.FuseResult;
import dev.naiad.fuse.OpenOut;
import dev.naiad.fuse.ReadReply;
import dev.naiad.fuse.StatfsOut;

/** The directories that lead to mountpoints, as the kernel sees them. */
final class PseudoFileSystem implements FuseFileSystem {
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};
    private static final int DT_DIR = 4;

    private final VfsMounts mounts;

    PseudoFileSystem(VfsMounts mounts) {
        this.mounts = mounts;
    }

    /** The answer where a directory cannot do something: that, or that there is none. */
    private int refuse(long node, int errno) {
        return mounts.pseudo().get(node) == null ? FuseResult.ENOENT : errno;
    }

    @Override
    public int lookup(long parent, FuseName name, EntryOut out) {
        var directory = mounts.pseudo().get(parent);
        if (directory == null) {
            return FuseResult.ENOENT;
        }
        var child = directory.child(name);
        return child == null ? FuseResult.ENOENT : entry(child, out);
    }

    /** What a name stands for: another pseudo directory, or the root of a filesystem. */
    private int entry(PseudoTree.Directory child, EntryOut out) {
        var target = child.mounted;
        if (target != null && target.enter()) {
            try {
                int errno = target.fs().rootEntry(out);
                if (errno == 0) {
                    mounts.addReferences(target.index(), 1);
                }
                return errno;
            } finally {
                target.leave();
            }
        }
        mounts.pseudo().fill(child, out.node(child.ino, 0, PseudoTree.TIMEOUT_SECONDS));
        return 0;
    }

    @Override
    public int getattr(long node, AttrOut out) {
        var directory = mounts.pseudo().get(node);
        if (directory == null) {
            return FuseResult.ENOENT;
        }
        mounts.pseudo().fill(directory, out);
        return 0;
    }

    @Override
    public int readlink(long node, DataOut out) {
        return refuse(node, FuseResult.EINVAL);
    }

    @Override
    public int open(long node, int flags, OpenOut out) {
        return refuse(node, FuseResult.EISDIR);
    }

    @Override
    public int read(long node, long offset, int size, ReadReply reply) {
        return refuse(node, FuseResult.EISDIR);
    }

    @Override
    public int opendir(long node, OpenOut out) {
        return refuse(node, 0);
    }

    /**
     * Offsets: 1 behind {@code .}, 2 behind {@code ..}, then 2 + inode number. Attributes are left
     * to lookups.
     */
    @Override
    public int readdir(long node, long offset, DirOut out) {
        var directory = mounts.pseudo().get(node);
        if (directory == null) {
            return FuseResult.ENOENT;
        }
        var parent = directory.parent;
        if (offset < 1 && !out.add(directory.ino, DT_DIR, DOT, 1)) {
            return 0;
        }
        if (offset < 2
                && !out.add(parent == null ? directory.ino : parent.ino, DT_DIR, DOT_DOT, 2)) {
            return 0;
        }
        for (var child : directory.children.tailMap(Math.max(0, offset - 2), false).values()) {
            if (!out.add(child.ino, DT_DIR, child.name, child.ino + 2)) {
                return 0;
            }
        }
        return 0;
    }

    @Override
    public int getxattr(long node, FuseName name, DataOut out) {
        return refuse(node, FuseResult.ENODATA);
    }

    @Override
    public int listxattr(long node, DataOut out) {
        return refuse(node, 0);
    }

    @Override
    public int statfs(long node, StatfsOut out) {
        out.blockSize(512).nameLength(255);
        return 0;
    }
}
