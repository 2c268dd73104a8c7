package dev.naiad.rafs.v6;

import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.RecordedChunks;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;

/** A v6 bootstrap over mapped bytes. */
public final class V6Bootstrap implements Bootstrap {
    private final LittleEndian file;
    private final ErofsSuperBlock superBlock;
    private final RafsSuperBlock extension;
    private final List<BlobInfo> blobs;
    private final Object chunksLock = new Object();
    private volatile List<RecordedChunks> chunks =
            List.of(); // built at first use, under chunksLock

    private V6Bootstrap(
            LittleEndian file,
            ErofsSuperBlock superBlock,
            RafsSuperBlock extension,
            List<BlobInfo> blobs) {
        this.file = file;
        this.superBlock = superBlock;
        this.extension = extension;
        this.blobs = blobs;
    }

    /** Whether these bytes begin like a v6 bootstrap. */
    public static boolean matches(LittleEndian file) {
        return ErofsSuperBlock.matches(file);
    }

    /** Checks superblocks and blob table. */
    public static V6Bootstrap open(LittleEndian file) {
        var superBlock = ErofsSuperBlock.read(file);
        if (file.size() % superBlock.blockSize() != 0) {
            throw file.corrupt(
                    -1,
                    "a length in whole blocks of " + superBlock.blockSize(),
                    file.size() + " bytes");
        }
        var extension = RafsSuperBlock.read(file);
        var image =
                new V6Bootstrap(
                        file, superBlock, extension, readBlobs(file, superBlock, extension));
        var root = image.root();
        if (root.type() != FileType.DIRECTORY) {
            throw file.corrupt(
                    image.position(superBlock.rootNid()),
                    "a root directory",
                    root.type().toString());
        }
        return image;
    }

    private static List<BlobInfo> readBlobs(
            LittleEndian file, ErofsSuperBlock superBlock, RafsSuperBlock extension) {
        int count = superBlock.extraDevices();
        if (count > BlobLimits.MAX_BLOBS
                || (long) count * BlobRecord.SIZE != extension.blobTableSize()) {
            throw file.corrupt(
                    ErofsSuperBlock.OFFSET,
                    "as many devices as blob records ("
                            + extension.blobTableSize() / BlobRecord.SIZE
                            + ", at most 254)",
                    count + " devices");
        }
        long slots = (long) ErofsSuperBlock.DEVICE_SLOT * DeviceSlot.SIZE;
        if (count > 0 && slots + (long) count * DeviceSlot.SIZE > extension.blobTableOffset()) {
            throw file.corrupt(
                    RafsSuperBlock.OFFSET,
                    "a blob table behind the device slots",
                    extension.toString());
        }
        var result = new ArrayList<BlobInfo>(count);
        var ids = new HashSet<String>();
        for (int i = 0; i < count; i++) {
            var slot = DeviceSlot.read(file, slots + (long) i * DeviceSlot.SIZE);
            long at = extension.blobTableOffset() + (long) i * BlobRecord.SIZE;
            var blob = BlobRecord.read(file, at, i, slot, extension);
            if (!ids.add(blob.id())) {
                throw file.corrupt(at, "a blob that is not yet in the table", blob.id());
            }
            result.add(blob);
        }
        return List.copyOf(result);
    }

    LittleEndian file() {
        return file;
    }

    /** The position of an inode in the file, so far checked that its head lies inside. */
    long position(long nid) {
        long base = superBlock.metaBlock() * superBlock.blockSize();
        if (nid < 0 || nid > (file.size() - base - ErofsInode.COMPACT) / ErofsInode.SLOT) {
            throw file.corrupt(-1, "an inode inside the file", "nid " + nid);
        }
        long at = base + nid * ErofsInode.SLOT;
        int head = ErofsInode.isExtended(file, at) ? ErofsInode.EXTENDED : ErofsInode.COMPACT;
        if (at < RafsSuperBlock.ALIGNMENT || at > file.size() - head) {
            throw file.corrupt(at, "an inode inside the file", "nid " + nid);
        }
        ErofsInode.layout(file, at);
        return at;
    }

    long rootNid() {
        return superBlock.rootNid();
    }

    ChunkInfo record(ChunkRef ref) {
        var blob = blobs.get(ref.blobIndex());
        if (blob.has(BlobFeatures.TARFS)) {
            return new ChunkInfo(
                    new byte[Digester.LENGTH],
                    ref.blobIndex(),
                    0,
                    ref.size(),
                    ref.size(),
                    ref.uncompressedOffset(),
                    ref.uncompressedOffset(),
                    ref.fileOffset(),
                    ref.chunkIndex(),
                    0);
        }
        var recorded = recorded(ref.blobIndex());
        if (ref.chunkIndex() >= recorded.count() || !recorded.isKnown(ref.chunkIndex())) {
            throw file.corrupt(
                    extension.chunkTableOffset(),
                    "a record of chunk " + ref.chunkIndex() + " of " + blob,
                    "none");
        }
        var info = recorded.info(ref.chunkIndex());
        // A dictionary's file has short chunks in the middle; it is never read as a file.
        boolean sized =
                blob.has(BlobFeatures.IS_CHUNKDICT_GENERATED)
                        ? info.uncompressedSize() <= ref.size()
                        : info.uncompressedSize() == ref.size();
        if (info.uncompressedOffset() != ref.uncompressedOffset() || !sized) {
            throw file.corrupt(
                    extension.chunkTableOffset(),
                    "chunk "
                            + ref.chunkIndex()
                            + " at "
                            + ref.uncompressedOffset()
                            + "+"
                            + ref.size(),
                    info.uncompressedOffset() + "+" + info.uncompressedSize());
        }
        return new ChunkInfo(
                info.digest(),
                info.blobIndex(),
                info.flags(),
                info.compressedSize(),
                info.uncompressedSize(),
                info.compressedOffset(),
                info.uncompressedOffset(),
                ref.fileOffset(),
                info.chunkIndex(),
                info.crc32c());
    }

    private RecordedChunks recorded(int blobIndex) {
        List<RecordedChunks> all = chunks;
        if (all.isEmpty()) {
            synchronized (chunksLock) {
                all = chunks;
                if (all.isEmpty()) {
                    all = index();
                    chunks = all;
                }
            }
        }
        return all.get(blobIndex);
    }

    private List<RecordedChunks> index() {
        var collectors = new ArrayList<RecordedChunks.Collector>();
        for (var blob : blobs) {
            collectors.add(new RecordedChunks.Collector(file, blob));
        }
        long end = extension.chunkTableOffset() + extension.chunkTableSize();
        for (long at = extension.chunkTableOffset(); at < end; at += ChunkRecord.SIZE) {
            long blobIndex = ChunkRecord.blobIndex(file, at);
            if (blobIndex >= blobs.size()) {
                throw file.corrupt(
                        at, "one of " + blobs.size() + " blobs", Long.toString(blobIndex));
            }
            collectors.get((int) blobIndex).add(at);
        }
        return collectors.stream().map(RecordedChunks.Collector::finish).toList();
    }

    /** The chunk table's records in file order, for tools. */
    public long chunkRecords() {
        return extension.chunkTableSize() / ChunkRecord.SIZE;
    }

    public RafsSuperBlock extension() {
        return extension;
    }

    public ErofsSuperBlock superBlock() {
        return superBlock;
    }

    @Override
    public String name() {
        return file.name();
    }

    @Override
    public long byteSize() {
        return file.size();
    }

    @Override
    public RafsVersion version() {
        return RafsVersion.V6;
    }

    @Override
    public long flags() {
        return extension.flags();
    }

    @Override
    public Compressor compressor() {
        return Compressor.ofSuperFlags(extension.flags());
    }

    @Override
    public Digester digester() {
        return Digester.ofSuperFlags(extension.flags());
    }

    @Override
    public int chunkSize() {
        return extension.chunkSize();
    }

    @Override
    public int blockSize() {
        return superBlock.blockSize();
    }

    @Override
    public long inodeCount() {
        return superBlock.inos();
    }

    @Override
    public List<BlobInfo> blobs() {
        return blobs;
    }

    @Override
    public Inode root() {
        return new V6Inode(this, superBlock.rootNid());
    }

    @Override
    public Inode inode(long number) {
        return new V6Inode(this, number);
    }

    @Override
    public long[] prefetch() {
        int entries = (int) Math.min(extension.prefetchSize() / 4, 1 << 20);
        long[] nids = new long[entries];
        for (int i = 0; i < entries; i++) {
            nids[i] = file.u32(extension.prefetchOffset() + 4L * i);
            if (nids[i] == 0) {
                return Arrays.copyOf(nids, i);
            }
        }
        return nids;
    }

    @Override
    public BlobChunks chunks(int blobIndex) {
        return recorded(blobIndex);
    }

    /** The bytes, for tools that copy parts of the image. */
    public MemorySegment bytes() {
        return file.segment();
    }
}
