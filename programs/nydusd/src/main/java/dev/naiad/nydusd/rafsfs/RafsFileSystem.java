package dev.naiad.nydusd.rafsfs;

import dev.naiad.base.time.Ticker;
import dev.naiad.fuse.AttrOut;
import dev.naiad.fuse.DataOut;
import dev.naiad.fuse.DirOut;
import dev.naiad.fuse.EntryOut;
import dev.naiad.fuse.FuseName;
import dev.naiad.fuse.FuseResult;
import dev.naiad.fuse.OpenOut;
import dev.naiad.fuse.ReadReply;
import dev.naiad.fuse.StatfsOut;
import dev.naiad.nydusd.vfs.FsStats;
import dev.naiad.nydusd.vfs.MountedFileSystem;
import dev.naiad.nydusd.vfs.NodeSpace;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.SuperFlags;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;

/**
 * Serves one image. Metadata is read from the mapped bootstrap for each request (O(1) in memory
 * whatever the image holds); a read is answered from the cache file where its chunks are there,
 * else parked and answered by the fetch engine.
 */
public final class RafsFileSystem implements MountedFileSystem {
    /** For practical purposes for ever: images do not change. Also for names that do not exist. */
    private static final long TIMEOUT_SECONDS = 1L << 32;

    private static final int BLOCK_SIZE = 4096;
    private static final byte[] DOT = {'.'};
    private static final byte[] DOT_DOT = {'.', '.'};

    /**
     * Listing offsets: 1 behind {@code .}, 2 behind {@code ..}, then the bootstrap's cookies, which
     * are at least 1.
     */
    private static final long COOKIE_BASE = 2;

    private final RafsImage image;
    private final Bootstrap bootstrap;
    private final NodeSpace space;
    private final FsStats stats;
    private final Ticker ticker;
    private final boolean xattrs;
    private final boolean ownOwners;
    private final long uid;
    private final long gid;

    /**
     * @param xattrs serve extended attributes whatever the bootstrap's flags say
     * @param owner user and group of everything in images that have no owners
     */
    public RafsFileSystem(
            RafsImage image,
            NodeSpace space,
            boolean xattrs,
            Owner owner,
            FsStats stats,
            Ticker ticker) {
        this.image = image;
        this.bootstrap = image.bootstrap();
        this.space = space.withRoot(bootstrap.root().number());
        this.stats = stats;
        this.ticker = ticker;
        this.xattrs = xattrs || (bootstrap.flags() & SuperFlags.HAS_XATTR) != 0;
        this.ownOwners = !bootstrap.hasExplicitOwners();
        this.uid = owner.uid();
        this.gid = owner.gid();
    }

    /** A user and a group. */
    public record Owner(long uid, long gid) {}

    /** The image it serves. */
    public RafsImage image() {
        return image;
    }

    private Inode inode(long node) {
        return bootstrap.inode(space.number(node));
    }

    @Override
    public int rootEntry(EntryOut out) {
        entry(bootstrap.root(), out);
        return 0;
    }

    @Override
    public int lookup(long parent, FuseName name, EntryOut out) {
        var directory = inode(parent);
        if (directory.type() != FileType.DIRECTORY) {
            return FuseResult.ENOTDIR;
        }
        long number = directory.lookup(name.segment());
        if (number < 0) {
            out.absent(TIMEOUT_SECONDS);
        } else {
            entry(bootstrap.inode(number), out);
        }
        return 0;
    }

    private void entry(Inode inode, EntryOut out) {
        attributes(
                inode, out.node(space.node(inode.number()), space.generation(), TIMEOUT_SECONDS));
    }

    private void attributes(Inode inode, AttrOut out) {
        out.ino(space.visibleInode(inode.number()))
                .mode(inode.mode())
                .size(inode.size())
                .blocks(inode.blocks())
                .links(inode.linkCount())
                .times(inode.mtimeSeconds(), inode.mtimeNanos())
                .owner(ownOwners ? uid : inode.uid(), ownOwners ? gid : inode.gid())
                .device(inode.type().isDevice() ? inode.rdev() : 0)
                .blockSize(BLOCK_SIZE)
                .timeout(TIMEOUT_SECONDS);
    }

    @Override
    public int getattr(long node, AttrOut out) {
        attributes(inode(node), out);
        return 0;
    }

    @Override
    public int readlink(long node, DataOut out) {
        var inode = inode(node);
        if (inode.type() != FileType.SYMLINK) {
            return FuseResult.EINVAL;
        }
        out.append(inode.symlinkTarget());
        return 0;
    }

    @Override
    public int opendir(long node, OpenOut out) {
        out.cacheDirectory().keepCache();
        return 0;
    }

    @Override
    public int readdir(long node, long offset, DirOut out) {
        var directory = inode(node);
        if (directory.type() != FileType.DIRECTORY) {
            return FuseResult.ENOTDIR;
        }
        if (offset < 1 && !out.add(space.visibleInode(directory.number()), 4, DOT, 1)) {
            return 0;
        }
        if (offset < 2 && !out.add(space.visibleInode(directory.parentNumber()), 4, DOT_DOT, 2)) {
            return 0;
        }
        var _ =
                directory.children(
                        Math.max(0, offset - COOKIE_BASE),
                        (number, type, name, cookie) -> list(number, type, name, cookie, out));
        return 0;
    }

    private boolean list(long number, FileType type, MemorySegment name, long cookie, DirOut out) {
        if (!out.add(
                space.visibleInode(number), type.modeBits() >>> 12, name, cookie + COOKIE_BASE)) {
            return false;
        }
        if (out.isPlus()) {
            entry(bootstrap.inode(number), out.entry());
        }
        return true;
    }

    @Override
    public int getxattr(long node, FuseName name, DataOut out) {
        var inode = inode(node);
        if (!xattrs || !inode.hasXattrs()) {
            return FuseResult.ENODATA;
        }
        var value = inode.xattr(name.toBytes());
        if (value.isEmpty()) {
            return FuseResult.ENODATA;
        }
        out.append(value.get());
        return 0;
    }

    @Override
    public int listxattr(long node, DataOut out) {
        var inode = inode(node);
        if (xattrs && inode.hasXattrs()) {
            for (var xattr : inode.xattrs()) {
                out.append(xattr.name()).append((byte) 0);
            }
        }
        return 0;
    }

    @Override
    public int statfs(long node, StatfsOut out) {
        out.blockSize(512).files(bootstrap.inodeCount()).nameLength(255);
        return 0;
    }

    @Override
    public int read(long node, long offset, int size, ReadReply reply) {
        long since = ticker.nanos();
        var inode = inode(node);
        if (inode.type() != FileType.REGULAR) {
            return inode.type() == FileType.DIRECTORY ? FuseResult.EISDIR : FuseResult.EINVAL;
        }
        long length = Math.min(size, inode.size() - offset);
        if (length <= 0) {
            reply.sendEnd();
            stats.read(inode.number(), 0, ticker.nanos() - since);
            return 0;
        }
        var slices = image.slices(inode, offset, (int) length);
        var views = new ArrayList<MemorySegment>(slices.size());
        if (image.cache().tryRead(slices, views)) {
            reply.send(views);
            stats.read(inode.number(), length, ticker.nanos() - since);
            return 0;
        }
        var parked = reply.park();
        var answer = new ReadAnswer(parked, inode.number(), length, since, stats, ticker);
        try {
            image.cache().read(slices, answer);
        } catch (Throwable t) {
            // The engine answers always, unless it could not even begin.
            answer.fail(t);
        }
        return 0;
    }

    @Override
    public void close() {
        image.close();
    }
}
