package dev.naiad.nydusd.vfs;

import dev.naiad.base.time.Ticker;
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
import dev.naiad.nydusdapi.FsOperation;

/** Sends each request to the filesystem that has the node, and counts what they do. */
public final class Vfs implements FuseFileSystem {
    private static final FuseName NO_NAME = FuseName.of(new byte[0]);

    private final VfsMounts mounts;
    private final PseudoFileSystem pseudo;
    private final Ticker ticker;

    public Vfs(VfsMounts mounts, Ticker ticker) {
        this.mounts = mounts;
        this.pseudo = new PseudoFileSystem(mounts);
        this.ticker = ticker;
    }

    /**
     * One operation. What it needs comes as arguments, so that no request makes an object: the
     * lambdas below capture nothing.
     */
    @FunctionalInterface
    private interface Request<T> {
        int on(FuseFileSystem fs, long node, FuseName name, long offset, int number, T out);
    }

    private <T> int serve(
            FsOperation operation,
            long node,
            FuseName name,
            long offset,
            int number,
            T out,
            Request<T> request) {
        var mounted = mounts.enter(node);
        if (mounted == null) {
            return request.on(pseudo, node, name, offset, number, out);
        }
        long since = ticker.nanos();
        boolean success = false;
        try {
            int errno = request.on(mounted.fs(), node, name, offset, number, out);
            success = errno == 0 || errno == FuseResult.ENODATA;
            long given = errno == 0 ? references(out) : 0;
            if (given != 0) {
                mounts.addReferences(mounted.index(), given);
            }
            return errno;
        } finally {
            mounted.leave();
            mounted.stats().record(operation, success, ticker.nanos() - since);
        }
    }

    /** How many references to nodes a reply gives the kernel. */
    private static long references(Object out) {
        return switch (out) {
            case EntryOut entry -> entry.node() == 0 ? 0 : 1;
            case DirOut listing -> listing.references();
            default -> 0;
        };
    }

    @Override
    public int lookup(long parent, FuseName name, EntryOut out) {
        return serve(
                FsOperation.LOOKUP,
                parent,
                name,
                0,
                0,
                out,
                (fs, node, wanted, offset, number, entry) -> fs.lookup(node, wanted, entry));
    }

    @Override
    public int getattr(long node, AttrOut out) {
        return serve(
                FsOperation.GETATTR,
                node,
                NO_NAME,
                0,
                0,
                out,
                (fs, of, name, offset, number, attr) -> fs.getattr(of, attr));
    }

    @Override
    public int readlink(long node, DataOut out) {
        return serve(
                FsOperation.READLINK,
                node,
                NO_NAME,
                0,
                0,
                out,
                (fs, of, name, offset, number, target) -> fs.readlink(of, target));
    }

    @Override
    public int open(long node, int flags, OpenOut out) {
        return serve(
                FsOperation.OPEN,
                node,
                NO_NAME,
                0,
                flags,
                out,
                (fs, of, name, offset, number, opened) -> fs.open(of, number, opened));
    }

    @Override
    public void release(long node) {
        var mounted = mounts.enter(node);
        if (mounted != null) {
            mounted.leave();
            mounted.stats().record(FsOperation.RELEASE, true, 0);
        }
    }

    @Override
    public int read(long node, long offset, int size, ReadReply reply) {
        return serve(
                FsOperation.READ,
                node,
                NO_NAME,
                offset,
                size,
                reply,
                (fs, of, name, from, count, to) -> fs.read(of, from, count, to));
    }

    @Override
    public int opendir(long node, OpenOut out) {
        return serve(
                FsOperation.OPENDIR,
                node,
                NO_NAME,
                0,
                0,
                out,
                (fs, of, name, offset, number, opened) -> fs.opendir(of, opened));
    }

    @Override
    public int readdir(long node, long offset, DirOut out) {
        return serve(
                out.isPlus() ? FsOperation.READDIRPLUS : FsOperation.READDIR,
                node,
                NO_NAME,
                offset,
                0,
                out,
                (fs, of, name, from, number, listing) -> fs.readdir(of, from, listing));
    }

    @Override
    public int getxattr(long node, FuseName name, DataOut out) {
        return serve(
                FsOperation.GETXATTR,
                node,
                name,
                0,
                0,
                out,
                (fs, of, wanted, offset, number, value) -> fs.getxattr(of, wanted, value));
    }

    @Override
    public int listxattr(long node, DataOut out) {
        return serve(
                FsOperation.LISTXATTR,
                node,
                NO_NAME,
                0,
                0,
                out,
                (fs, of, name, offset, number, names) -> fs.listxattr(of, names));
    }

    @Override
    public int statfs(long node, StatfsOut out) {
        return serve(
                FsOperation.STATFS,
                node,
                NO_NAME,
                0,
                0,
                out,
                (fs, of, name, offset, number, state) -> fs.statfs(of, state));
    }

    @Override
    public void forget(long node, long count) {
        int index = NodeSpace.indexOf(node);
        if (index != 0) {
            mounts.addReferences(index, -count);
        }
    }
}
