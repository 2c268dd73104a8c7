package dev.naiad.rafs.v5;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.bytes.LittleEndian;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.BlobLimits;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkInfo;
import dev.naiad.rafs.ChunkRecord;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.RecordedChunks;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A v5 bootstrap over mapped bytes. */
public final class V5Bootstrap implements Bootstrap {
    private static final int MAX_ID = 255;

    private final LittleEndian file;
    private final V5SuperBlock superBlock;
    private final List<BlobInfo> blobs;
    private final Object chunksLock = new Object();
    private volatile List<RecordedChunks> chunks =
            List.of(); // built at first use, under chunksLock
    // Old images number no chunks: the sorted compressed offsets of each blob's chunks give each
    // its number.
    private volatile long[][] offsets = {};

    private V5Bootstrap(LittleEndian file, V5SuperBlock superBlock, List<BlobInfo> blobs) {
        this.file = file;
        this.superBlock = superBlock;
        this.blobs = blobs;
    }

    public static boolean matches(LittleEndian file) {
        return V5SuperBlock.matches(file);
    }

    /** Checks superblock and blob table; the root is checked when it is first used. */
    public static V5Bootstrap open(LittleEndian file) {
        var superBlock = V5SuperBlock.read(file);
        return new V5Bootstrap(file, superBlock, readBlobs(file, superBlock));
    }

    private static List<BlobInfo> readBlobs(LittleEndian file, V5SuperBlock superBlock) {
        var result = new ArrayList<BlobInfo>();
        long at = superBlock.blobTable();
        long end = at + superBlock.blobTableSize();
        while (end - at > 8) {
            long readahead = file.u32(at + 4);
            long idEnd = at + 8;
            while (idEnd < end && file.u8(idEnd) != 0) {
                idEnd++;
            }
            if (idEnd == at + 8 || idEnd - at - 8 > MAX_ID) {
                throw file.corrupt(
                        at + 8, "a blob id of 1 to 255 bytes", idEnd - at - 8 + " bytes");
            }
            var id =
                    new String(
                            file.bytes(at + 8, (int) (idEnd - at - 8)), StandardCharsets.US_ASCII);
            if (id.contains("/") || id.equals(".") || id.equals("..")) {
                throw file.corrupt(at + 8, "a blob id that is a file name", id);
            }
            result.add(blob(file, superBlock, result.size(), id, readahead));
            at = idEnd + 1;
        }
        if (superBlock.extendedEntries() > 0 && superBlock.extendedEntries() < result.size()) {
            throw file.corrupt(
                    superBlock.extendedTable(),
                    "an extended table of " + result.size() + " blobs",
                    superBlock.extendedEntries() + " of them");
        }
        return List.copyOf(result);
    }

    private static BlobInfo blob(
            LittleEndian file, V5SuperBlock superBlock, int index, String id, long readahead) {
        int count = 0;
        int features = BlobFeatures.V5_NO_EXTENDED_TABLE;
        long uncompressed = 0;
        long compressed = 0;
        if (index < superBlock.extendedEntries()) {
            long at = superBlock.extendedTable() + (long) V5SuperBlock.EXTENDED_SIZE * index;
            count = file.u31(at);
            features = file.bits32(at + 4) & ~BlobFeatures.V5_NO_EXTENDED_TABLE;
            uncompressed = file.u64(at + 8);
            compressed = file.u64(at + 16);
            if (count > BlobLimits.MAX_CHUNKS
                    || uncompressed > BlobLimits.MAX_UNCOMPRESSED_SIZE
                    || compressed > BlobLimits.MAX_COMPRESSED_SIZE) {
                throw file.corrupt(
                        at,
                        "a blob within the format's limits",
                        count + " chunks, " + uncompressed + "/" + compressed);
            }
        }
        return new BlobInfo(
                index,
                id,
                superBlock.chunkSize(),
                count,
                Compressor.ofSuperFlags(superBlock.flags()),
                Digester.ofSuperFlags(superBlock.flags()),
                new BlobFeatures(features),
                compressed,
                uncompressed,
                BlobInfo.MetaLocation.ABSENT,
                BlobInfo.TocLocation.ABSENT,
                new byte[32],
                0,
                Cipher.NONE,
                new byte[0],
                new byte[0],
                0,
                0,
                readahead);
    }

    LittleEndian file() {
        return file;
    }

    int entries() {
        return superBlock.entries();
    }

    public V5SuperBlock superBlock() {
        return superBlock;
    }

    /** Where the inode with that index (1 is the root's) lies. */
    long position(int index) {
        if (index < 1 || index > entries()) {
            throw file.corrupt(
                    -1, "an inode index from 1 to " + entries(), Integer.toString(index));
        }
        long slot = superBlock.inodeTable() + 4L * (index - 1);
        long value = file.u32(slot);
        if (value <= V5SuperBlock.SIZE / 8
                || value >= 1 << 29
                || value * 8 > file.size() - V5InodeRecord.SIZE) {
            throw file.corrupt(slot, "an inode inside the file", "offset " + value * 8);
        }
        return value * 8;
    }

    private List<RecordedChunks> recorded() {
        List<RecordedChunks> all = chunks;
        if (all.isEmpty() && !blobs.isEmpty()) {
            synchronized (chunksLock) {
                all = chunks;
                if (all.isEmpty()) {
                    all = index();
                    chunks = all;
                }
            }
        }
        return all;
    }

    private List<RecordedChunks> index() {
        long[][] positions = new long[blobs.size()][16];
        int[] used = new int[blobs.size()];
        long records = 0;
        for (int index = 1; index <= entries(); index++) {
            var inode = new V5Inode(this, index);
            int count = inode.chunkCount();
            records += count;
            if (records > file.size() / ChunkRecord.SIZE * 64) {
                throw file.corrupt(
                        -1, "chunk records that do not overlap", "more than fit into the file");
            }
            for (int k = 0; k < count; k++) {
                long at = inode.chunkAt(k);
                long blob = ChunkRecord.blobIndex(file, at);
                if (blob >= blobs.size()) {
                    throw file.corrupt(
                            at + 32, "one of " + blobs.size() + " blobs", Long.toString(blob));
                }
                int b = (int) blob;
                if (used[b] == positions[b].length) {
                    positions[b] = Arrays.copyOf(positions[b], used[b] * 2);
                }
                positions[b][used[b]++] = at;
            }
        }
        long[][] starts = new long[blobs.size()][];
        var result = new ArrayList<RecordedChunks>();
        for (var blob : blobs) {
            int b = blob.index();
            long[] own = Arrays.copyOf(positions[b], used[b]);
            var collector = new RecordedChunks.Collector(file, blob);
            if (blob.has(BlobFeatures.V5_NO_EXTENDED_TABLE)) {
                starts[b] =
                        Arrays.stream(own)
                                .map(at -> ChunkRecord.compressedOffset(file, at))
                                .sorted()
                                .distinct()
                                .toArray();
                for (long at : own) {
                    collector.add(
                            at,
                            Arrays.binarySearch(starts[b], ChunkRecord.compressedOffset(file, at)));
                }
            } else {
                starts[b] = new long[0];
                for (long at : own) {
                    collector.add(at);
                }
            }
            result.add(collector.finish());
        }
        offsets = starts;
        return List.copyOf(result);
    }

    /** The chunk with the number that old images leave out. */
    ChunkInfo withIndex(ChunkInfo chunk) {
        if (!blobs.get(chunk.blobIndex()).has(BlobFeatures.V5_NO_EXTENDED_TABLE)) {
            return chunk;
        }
        recorded();
        int index = Arrays.binarySearch(offsets[chunk.blobIndex()], chunk.compressedOffset());
        return new ChunkInfo(
                chunk.digest(),
                chunk.blobIndex(),
                chunk.flags(),
                chunk.compressedSize(),
                chunk.uncompressedSize(),
                chunk.compressedOffset(),
                chunk.uncompressedOffset(),
                chunk.fileOffset(),
                index,
                chunk.crc32c());
    }

    /** Checks the digest of every inode: with the root's, that of all content. */
    public void verifyDigests() {
        var hasher = digester().hasher();
        for (int index = 1; index <= entries(); index++) {
            var inode = new V5Inode(this, index);
            hasher.reset();
            switch (inode.type()) {
                case REGULAR -> {
                    for (int k = 0; k < inode.chunkCount(); k++) {
                        hasher.update(file.bytes(inode.chunkAt(k), Digester.LENGTH));
                    }
                }
                case SYMLINK -> hasher.update(inode.symlinkTarget());
                case DIRECTORY -> {
                    long first = file.u32(inode.position() + V5InodeRecord.CHILD_INDEX);
                    inode.children(
                            0,
                            (number, type, name, cookie) -> {
                                hasher.update(
                                        new V5Inode(this, (int) (first + cookie - 1)).digest());
                                return true;
                            });
                }
                case CHARACTER, BLOCK, FIFO, SOCKET -> {}
            }
            byte[] found = hasher.finish();
            if (!Arrays.equals(found, inode.digest())) {
                throw file.corrupt(
                        inode.position(),
                        "digest "
                                + Hex.encode(found)
                                + " of inode "
                                + index
                                + " ("
                                + new String(
                                        inode.name().toArray(ValueLayout.JAVA_BYTE),
                                        StandardCharsets.UTF_8)
                                + ")",
                        Hex.encode(inode.digest()));
            }
        }
    }

    /** The digest of the root, which covers all content. */
    public byte[] rootDigest() {
        return new V5Inode(this, 1).digest();
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
        return RafsVersion.V5;
    }

    @Override
    public long flags() {
        return superBlock.flags();
    }

    @Override
    public Compressor compressor() {
        return Compressor.ofSuperFlags(superBlock.flags());
    }

    @Override
    public Digester digester() {
        return Digester.ofSuperFlags(superBlock.flags());
    }

    @Override
    public int chunkSize() {
        return superBlock.chunkSize();
    }

    @Override
    public int blockSize() {
        return 4096;
    }

    @Override
    public long inodeCount() {
        return superBlock.inodes();
    }

    @Override
    public List<BlobInfo> blobs() {
        return blobs;
    }

    @Override
    public Inode root() {
        var root = new V5Inode(this, 1);
        if (root.type() != FileType.DIRECTORY) {
            throw file.corrupt(root.position(), "a root directory", root.type().toString());
        }
        return root;
    }

    @Override
    public Inode inode(long number) {
        if (number < 1 || number > entries()) {
            throw file.corrupt(-1, "an inode number from 1 to " + entries(), Long.toString(number));
        }
        return new V5Inode(this, (int) number);
    }

    @Override
    public long[] prefetch() {
        long[] numbers = new long[Math.min(superBlock.prefetchEntries(), 1 << 20)];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = file.u32(superBlock.prefetchTable() + 4L * i);
            if (numbers[i] == 0) {
                return Arrays.copyOf(numbers, i);
            }
        }
        return numbers;
    }

    @Override
    public BlobChunks chunks(int blobIndex) {
        return recorded().get(blobIndex);
    }
}
