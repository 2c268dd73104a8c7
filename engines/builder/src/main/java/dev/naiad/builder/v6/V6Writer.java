package dev.naiad.builder.v6;

import static dev.naiad.builder.v6.SpaceAllocator.align;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobIds;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.v6.BlobRecord;
import dev.naiad.rafs.v6.ChunkIndexRecord;
import dev.naiad.rafs.v6.DeviceSlot;
import dev.naiad.rafs.v6.ErofsInode;
import dev.naiad.rafs.v6.ErofsSuperBlock;
import dev.naiad.rafs.v6.RafsSuperBlock;
import dev.naiad.rafs.v6.XattrArea;
import java.util.BitSet;
import java.util.List;

/** Writes a tree as a RAFS v6 bootstrap. docs/formats/rafs-v6.md */
public final class V6Writer {
    private static final long DEVICES_AT = (long) ErofsSuperBlock.DEVICE_SLOT * DeviceSlot.SIZE;
    private static final int MAPPED_ALIGNMENT = 0x80000;

    private final FileTree tree;
    private final ChunkStore chunks;
    private final List<BlobInfo> blobs;
    private final int chunkSize;
    private final int blockSize;
    private final BitSet used = new BitSet();
    private boolean xattrs;
    private int lastChunk = -1;

    /**
     * @param blobs the blob table, in order
     * @param blockSize 4096, or 512 for tarfs
     */
    public V6Writer(
            FileTree tree, ChunkStore chunks, List<BlobInfo> blobs, int chunkSize, int blockSize) {
        this.tree = tree;
        this.chunks = chunks;
        this.blobs = blobs;
        this.chunkSize = chunkSize;
        this.blockSize = blockSize;
        BlobIds.check(blobs, RafsVersion.V6);
        if (blobs.size() > BlobLimits.MAX_BLOBS) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    blobs.size()
                            + " blobs in one image; RAFS v6 holds "
                            + BlobLimits.MAX_BLOBS
                            + ": merge layers first");
        }
    }

    /**
     * Lays the tree out and writes it.
     *
     * @param flags {@link SuperFlags} but those that the content decides
     * @param prefetch the entries of the prefetch table, in order
     */
    public byte[] write(long flags, List<TreeEntry> prefetch) {
        var entries = tree.number();
        for (var entry : entries) {
            entry.inode().place(0, 0);
        }
        long inodesEnd = V6Layout.place(tree, blockSize);
        collect(entries);
        var patterns = blobs.isEmpty() ? List.<TreeEntry>of() : prefetch;
        long blobTable =
                align(DEVICES_AT + (long) DeviceSlot.SIZE * blobs.size(), RafsSuperBlock.ALIGNMENT);
        long prefetchTable = blobTable + (long) BlobRecord.SIZE * blobs.size();
        long meta =
                blobs.isEmpty()
                        ? 0
                        : align(prefetchTable + 4L * patterns.size(), RafsSuperBlock.ALIGNMENT);
        long chunkTable = align(meta + inodesEnd, RafsSuperBlock.ALIGNMENT);
        int[] records = sortedRecords();
        long size =
                align(
                        chunkTable + (long) ChunkRecord.SIZE * records.length,
                        RafsSuperBlock.ALIGNMENT);
        if (size > Integer.MAX_VALUE - 8) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    "a bootstrap of " + size + " bytes; at most 2 GiB are supported");
        }
        byte[] bytes = new byte[(int) size];
        var file = LittleEndian.of(bytes, "bootstrap");
        for (var entry : entries) {
            writeInode(file, meta, entry);
        }
        long blocks = writeBlobs(file, blobTable, size);
        for (int i = 0; i < patterns.size(); i++) {
            file.putU32(
                    prefetchTable + 4L * i, patterns.get(i).inode().position() / ErofsInode.SLOT);
        }
        for (int i = 0; i < records.length; i++) {
            chunks.writeRecord(records[i], file, chunkTable + (long) ChunkRecord.SIZE * i);
        }
        new ErofsSuperBlock(
                        blockSize == 512 ? 9 : 12,
                        (int) (V6Layout.START / ErofsInode.SLOT),
                        entries.length,
                        blocks,
                        meta / blockSize,
                        blobs.size())
                .write(file);
        new RafsSuperBlock(
                        superFlags(flags),
                        blobTable,
                        (long) BlobRecord.SIZE * blobs.size(),
                        chunkSize,
                        chunkTable,
                        (long) ChunkRecord.SIZE * records.length,
                        patterns.isEmpty() ? 0 : prefetchTable,
                        4L * patterns.size())
                .write(file);
        return bytes;
    }

    private long superFlags(long flags) {
        long result = flags | (xattrs ? SuperFlags.HAS_XATTR : 0);
        boolean digests =
                blobs.stream().allMatch(blob -> blob.has(BlobFeatures.INLINED_CHUNK_DIGEST));
        return digests ? result | SuperFlags.INLINED_CHUNK_DIGEST : result;
    }

    /**
     * Finds the chunks in use; each record has the file offset that was written last, in numbering
     * order.
     */
    private void collect(TreeEntry[] entries) {
        for (var entry : entries) {
            var inode = entry.inode();
            xattrs |= !inode.xattrs().isEmpty();
            int[] numbers = inode.chunks();
            for (int k = 0; k < numbers.length; k++) {
                used.set(numbers[k]);
                chunks.fileOffset(numbers[k], (long) k * chunkSize);
                lastChunk = numbers[k];
            }
        }
    }

    private int[] sortedRecords() {
        if (blobs.stream().anyMatch(blob -> blob.has(BlobFeatures.TARFS))) {
            // compat: without digests all chunks have the same key in the original's table, so
            // only the last one remains. Readers derive each chunk from its inode.
            return lastChunk < 0 ? new int[0] : new int[] {lastChunk};
        }
        return ChunkOrder.sorted(used, chunks);
    }

    private long writeBlobs(LittleEndian file, long table, long fileSize) {
        long position = fileSize;
        long sum = 0;
        for (int i = 0; i < blobs.size(); i++) {
            var blob = blobs.get(i);
            long blocks = blob.uncompressedSize() / blockSize;
            long mapped = align(position, MAPPED_ALIGNMENT) / blockSize;
            position = (mapped + blocks) * blockSize;
            sum += blocks;
            if (sum > 0xffff_ffffL) {
                throw new NaiadException(
                        ErrorKind.OUT_OF_RANGE, blob + ": more than 2^32 blocks in one image");
            }
            new DeviceSlot(blob.id(), blocks, mapped)
                    .write(file, DEVICES_AT + (long) DeviceSlot.SIZE * i);
            BlobRecord.write(file, table + (long) BlobRecord.SIZE * i, blob);
        }
        return sum;
    }

    private void writeInode(LittleEndian file, long meta, TreeEntry entry) {
        var inode = entry.inode();
        long at = meta + inode.position();
        switch (inode.type()) {
            case REGULAR -> writeRegular(file, at, inode);
            case DIRECTORY -> {
                writeWithData(file, at, meta, inode);
                new DirentBlocks(entry, blockSize)
                        .write(file, number -> dataAt(inode, meta, number));
            }
            case SYMLINK -> {
                writeWithData(file, at, meta, inode);
                byte[] target = inode.symlinkTarget();
                for (int from = 0; from < target.length; from += blockSize) {
                    file.putBytes(
                            dataAt(inode, meta, from / blockSize),
                            target,
                            from,
                            Math.min(blockSize, target.length - from));
                }
            }
            case CHARACTER, BLOCK, FIFO, SOCKET ->
                    writeHead(file, at, ErofsInode.FLAT_PLAIN, inode, 0, inode.rdev());
        }
    }

    /**
     * Where block {@code number} of a directory or symlink lies: the last one behind the inode if
     * it is inline.
     */
    private long dataAt(InodeData inode, long meta, long number) {
        boolean last = number == (inode.size() - 1) / blockSize;
        if (last && V6Layout.isInline(inode, blockSize)) {
            return meta + inode.position() + V6Layout.headSize(inode);
        }
        return meta + inode.dataPosition() + number * blockSize;
    }

    private void writeWithData(LittleEndian file, long at, long meta, InodeData inode) {
        int layout =
                V6Layout.isInline(inode, blockSize)
                        ? ErofsInode.FLAT_INLINE
                        : ErofsInode.FLAT_PLAIN;
        // Only an empty one has no data; it gets the block of the inode.
        long data = inode.dataPosition() == 0 ? inode.position() : inode.dataPosition();
        long block = (meta + data) / blockSize;
        writeHead(file, at, layout, inode, inode.size(), block);
    }

    private void writeHead(
            LittleEndian file, long at, int layout, InodeData inode, long size, long union) {
        ErofsInode.write(
                file,
                at,
                layout,
                (int) XattrArea.size(inode.xattrs()),
                inode.mode(),
                size,
                union,
                inode.number(),
                inode.uid(),
                inode.gid(),
                inode.mtimeSeconds(),
                inode.mtimeNanos(),
                inode.links());
        ErofsInode.writeHint(file, at, inode.hint());
        XattrArea.write(file, at + ErofsInode.EXTENDED, inode.xattrs());
    }

    private void writeRegular(LittleEndian file, long at, InodeData inode) {
        int[] numbers = inode.chunks();
        writeHead(
                file,
                at,
                ErofsInode.CHUNK_BASED,
                inode,
                inode.size(),
                ErofsInode.CHUNK_INDEXES | chunkBits(inode));
        long records = ChunkIndexRecord.align(at + V6Layout.headSize(inode));
        for (int k = 0; k < numbers.length; k++) {
            int number = numbers[k];
            ChunkIndexRecord.write(
                    file,
                    records + (long) ChunkIndexRecord.SIZE * k,
                    chunks.blobIndex(number),
                    chunks.chunkIndex(number),
                    chunks.uncompressedOffset(number) / blockSize);
        }
    }

    /** The kernel sees a file whose chunks follow each other in one blob as one extent. */
    private int chunkBits(InodeData inode) {
        int[] numbers = inode.chunks();
        boolean contiguous = inode.size() > chunkSize;
        for (int k = 1; k < numbers.length && contiguous; k++) {
            contiguous =
                    chunks.blobIndex(numbers[k]) == chunks.blobIndex(numbers[k - 1])
                            && chunks.uncompressedOffset(numbers[k])
                                    == chunks.uncompressedOffset(numbers[k - 1]) + chunkSize;
        }
        long extent = contiguous ? inode.size() : chunkSize;
        int bits = 64 - Long.numberOfLeadingZeros(extent - 1);
        return bits - Integer.numberOfTrailingZeros(blockSize);
    }
}
