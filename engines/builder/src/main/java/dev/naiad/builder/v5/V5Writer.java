package dev.naiad.builder.v5;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.codec.digest.Hasher;
import dev.naiad.rafs.BlobIds;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.v5.V5InodeRecord;
import dev.naiad.rafs.v5.V5SuperBlock;
import dev.naiad.rafs.v5.V5Xattrs;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes a tree as a RAFS v5 bootstrap. docs/formats/rafs-v5.md */
public final class V5Writer {
    private static final long MAX_SIZE = 0x8000_0000L;
    private static final int BLOCK = 4096;
    private static final byte[] ROOT_NAME = {'/'};

    private final FileTree tree;
    private final ChunkStore chunks;
    private final List<BlobInfo> blobs;
    private final int chunkSize;
    private final Hasher hasher;
    private final List<TreeEntry> entries = new ArrayList<>(); // by index - 1
    private final IdentityHashMap<TreeEntry, Integer> firstChild = new IdentityHashMap<>();
    private final IdentityHashMap<TreeEntry, byte[]> digests = new IdentityHashMap<>();
    private final byte[] chunkDigest = new byte[Digester.LENGTH];
    private boolean xattrs;

    /**
     * @param blobs the blob table, in order
     */
    public V5Writer(
            FileTree tree,
            ChunkStore chunks,
            List<BlobInfo> blobs,
            int chunkSize,
            Digester digester) {
        this.tree = tree;
        this.chunks = chunks;
        this.blobs = blobs;
        this.chunkSize = chunkSize;
        this.hasher = digester.hasher();
        BlobIds.check(blobs, RafsVersion.V5);
    }

    /**
     * Lays the tree out and writes it.
     *
     * @param flags {@link SuperFlags} but those that the content decides
     * @param prefetch the entries of the prefetch table, in order
     */
    public byte[] write(long flags, List<TreeEntry> prefetch) {
        tree.number();
        index();
        digestAll();
        byte[] blobTable = blobTable();
        long inodeTable = V5SuperBlock.SIZE;
        long prefetchTable = inodeTable + V5InodeRecord.align(4L * entries.size());
        long blobsAt = prefetchTable + V5InodeRecord.align(4L * prefetch.size());
        long extended = blobsAt + blobTable.length;
        long inodes = extended + (long) V5SuperBlock.EXTENDED_SIZE * blobs.size();
        long size = inodes;
        for (var entry : entries) {
            size += recordSize(entry);
        }
        if (size >= MAX_SIZE) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    "a bootstrap of " + size + " bytes; RAFS v5 holds 2 GiB: use --fs-version 6");
        }
        byte[] bytes = new byte[(int) size];
        var file = LittleEndian.of(bytes, "bootstrap");
        writeInodes(file, inodeTable, inodes);
        for (int i = 0; i < prefetch.size(); i++) {
            file.putU32(prefetchTable + 4L * i, prefetch.get(i).inode().number());
        }
        file.putBytes(blobsAt, blobTable);
        for (int i = 0; i < blobs.size(); i++) {
            long at = extended + (long) V5SuperBlock.EXTENDED_SIZE * i;
            file.putU32(at, blobs.get(i).chunkCount())
                    .putU32(at + 4, blobs.get(i).features().bits())
                    .putU64(at + 8, blobs.get(i).uncompressedSize())
                    .putU64(at + 16, blobs.get(i).compressedSize());
        }
        new V5SuperBlock(
                        chunkSize,
                        flags | (xattrs ? SuperFlags.HAS_XATTR : 0),
                        distinctInodes(),
                        inodeTable,
                        prefetchTable,
                        blobsAt,
                        entries.size(),
                        prefetch.size(),
                        blobTable.length,
                        blobs.size(),
                        blobs.isEmpty() ? 0 : extended)
                .write(file);
        return bytes;
    }

    private void index() {
        tree.forEach(
                entry -> {
                    entries.add(entry);
                    xattrs |= !entry.inode().xattrs().isEmpty();
                });
        int[] next = {2};
        tree.forEachDirectory(
                directory -> {
                    firstChild.put(directory, next[0]);
                    next[0] += directory.children().size();
                });
    }

    private long distinctInodes() {
        long names = 0;
        long first = 0;
        for (var entry : entries) {
            names++;
            first += entry.inode().number() == names ? 1 : 0;
        }
        return first;
    }

    /**
     * Children have higher indexes than their directory: from the end, every digest is there when
     * it is needed.
     */
    private void digestAll() {
        for (int i = entries.size() - 1; i >= 0; i--) {
            digests.put(entries.get(i), digest(entries.get(i)));
        }
    }

    private byte[] digest(TreeEntry entry) {
        var inode = entry.inode();
        hasher.reset();
        switch (inode.type()) {
            case REGULAR -> {
                for (int number : inode.chunks()) {
                    chunks.digest(number, chunkDigest, 0);
                    hasher.update(chunkDigest, 0, chunkDigest.length);
                }
            }
            case SYMLINK -> hasher.update(inode.symlinkTarget());
            case DIRECTORY -> {
                for (var child : entry.children()) {
                    byte[] digest = digests.get(child);
                    if (digest == null) {
                        throw new IllegalStateException("children come first");
                    }
                    hasher.update(digest, 0, digest.length);
                }
            }
            case CHARACTER, BLOCK, FIFO, SOCKET -> {}
        }
        return hasher.finish();
    }

    /** {@code u32 0, u32 readahead, id}, NUL between the entries, zeros up to a multiple of 8. */
    private byte[] blobTable() {
        int size = 0;
        for (var blob : blobs) {
            size += 8 + blob.id().length() + 1;
        }
        byte[] table = new byte[blobs.isEmpty() ? 0 : (int) V5InodeRecord.align(size - 1L)];
        var view = LittleEndian.of(table, "blob table");
        int at = 0;
        for (var blob : blobs) {
            view.putU32(at + 4L, blob.readaheadSize())
                    .putBytes(at + 8L, blob.id().getBytes(StandardCharsets.US_ASCII));
            at += 8 + blob.id().length() + 1;
        }
        return table;
    }

    private static byte[] name(TreeEntry entry) {
        return entry.parent() == null ? ROOT_NAME : entry.name();
    }

    private static long recordSize(TreeEntry entry) {
        var inode = entry.inode();
        long size = V5InodeRecord.variableEnd(0, name(entry).length, inode.symlinkTarget().length);
        if (!inode.xattrs().isEmpty()) {
            size += 8 + V5InodeRecord.align(V5Xattrs.contentSize(inode.xattrs()));
        }
        return size + (long) ChunkRecord.SIZE * inode.chunks().length;
    }

    /** Records are in depth-first order; the table finds them by index. */
    private void writeInodes(LittleEndian file, long table, long start) {
        var indexes = new IdentityHashMap<TreeEntry, Integer>();
        for (int i = 0; i < entries.size(); i++) {
            indexes.put(entries.get(i), i);
        }
        long at = start;
        var open = new ArrayDeque<TreeEntry>();
        open.push(tree.root());
        while (!open.isEmpty()) {
            var entry = open.pop();
            file.putU32(table + 4L * indexes.getOrDefault(entry, 0), at / 8);
            writeInode(file, at, entry);
            at += recordSize(entry);
            new ArrayList<>(entry.children()).reversed().forEach(open::push);
        }
    }

    private void writeInode(LittleEndian file, long at, TreeEntry entry) {
        var inode = entry.inode();
        @Nullable TreeEntry parent = entry.parent();
        long flags =
                (inode.type() == FileType.SYMLINK ? V5InodeRecord.FLAG_SYMLINK : 0)
                        | (inode.xattrs().isEmpty() ? 0 : V5InodeRecord.FLAG_XATTR);
        long size = inode.isDirectory() ? directorySize(entry) : inode.size();
        long xattrBytes = V5InodeRecord.align(V5Xattrs.contentSize(inode.xattrs()));
        V5InodeRecord.write(
                file,
                at,
                new V5InodeRecord.Fields(
                        digests.getOrDefault(entry, new byte[Digester.LENGTH]),
                        parent == null ? 0 : parent.inode().number(),
                        inode.number(),
                        inode.uid(),
                        inode.gid(),
                        inode.mode(),
                        size,
                        (size + xattrBytes + 511) / 512,
                        flags,
                        inode.links(),
                        firstChild.getOrDefault(entry, 0),
                        inode.isDirectory() ? entry.children().size() : inode.chunks().length,
                        name(entry),
                        inode.symlinkTarget(),
                        inode.rdev(),
                        inode.mtimeNanos(),
                        inode.mtimeSeconds()));
        V5InodeRecord.writeHint(file, at, inode.hint());
        long variable =
                V5InodeRecord.variableEnd(at, name(entry).length, inode.symlinkTarget().length);
        if (!inode.xattrs().isEmpty()) {
            V5Xattrs.write(file, variable, inode.xattrs());
            variable += 8 + xattrBytes;
        }
        writeChunks(file, variable, inode);
    }

    private static long directorySize(TreeEntry directory) {
        long sum = 0;
        for (var child : directory.children()) {
            sum += child.name().length + 8;
        }
        return Math.max(BLOCK, (sum + BLOCK - 1) / BLOCK * BLOCK);
    }

    private void writeChunks(LittleEndian file, long at, InodeData inode) {
        int[] numbers = inode.chunks();
        for (int k = 0; k < numbers.length; k++) {
            chunks.fileOffset(numbers[k], (long) k * chunkSize);
            chunks.writeRecord(numbers[k], file, at + (long) ChunkRecord.SIZE * k);
        }
    }
}
