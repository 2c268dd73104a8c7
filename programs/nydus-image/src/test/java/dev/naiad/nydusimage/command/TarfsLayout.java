package dev.naiad.nydusimage.command;

import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.Inode;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.util.List;

/** The few facts of a tarfs image that the layout of a disk needs, true or not. */
record TarfsLayout(int tarSize, long byteSize, long mappedBlock) implements Bootstrap {
    @Override
    public List<BlobInfo> blobs() {
        return List.of(
                new BlobInfo(
                        0,
                        "a".repeat(64),
                        1 << 20,
                        1,
                        Compressor.NONE,
                        Digester.SHA256,
                        new BlobFeatures(BlobFeatures.TARFS | BlobFeatures.CAP_TAR_TOC),
                        tarSize,
                        tarSize,
                        BlobInfo.MetaLocation.ABSENT,
                        BlobInfo.TocLocation.ABSENT,
                        new byte[32],
                        0,
                        Cipher.NONE,
                        new byte[0],
                        new byte[0],
                        tarSize / 512,
                        mappedBlock,
                        0));
    }

    @Override
    public String name() {
        return "tarfs";
    }

    @Override
    public RafsVersion version() {
        return RafsVersion.V6;
    }

    @Override
    public long flags() {
        return SuperFlags.TARFS_MODE;
    }

    @Override
    public Compressor compressor() {
        return Compressor.NONE;
    }

    @Override
    public Digester digester() {
        return Digester.SHA256;
    }

    @Override
    public int chunkSize() {
        return 1 << 20;
    }

    @Override
    public int blockSize() {
        return 512;
    }

    @Override
    public long inodeCount() {
        return 1;
    }

    @Override
    public Inode root() {
        throw new UnsupportedOperationException("a disk's layout needs no inode");
    }

    @Override
    public Inode inode(long number) {
        throw new UnsupportedOperationException("a disk's layout needs no inode");
    }

    @Override
    public long[] prefetch() {
        return new long[0];
    }

    @Override
    public BlobChunks chunks(int blobIndex) {
        throw new UnsupportedOperationException("a tar has no chunk records");
    }
}
