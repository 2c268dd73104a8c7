package dev.naiad.builder.load;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.blob.BlobReader;
import java.lang.foreign.MemorySegment;
import java.util.function.Function;

/**
 * One blob of an image, open to read its chunks, each of which is checked. For one thread; the
 * source stays the caller's to close.
 */
public final class BlobAccess {
    private final BlobInfo info;
    private final ByteSource bytes;
    private final BlobReader reader;
    private final BlobChunks chunks;

    private BlobAccess(BlobInfo info, ByteSource bytes, BlobReader reader, BlobChunks chunks) {
        this.info = info;
        this.bytes = bytes;
        this.reader = reader;
        this.chunks = chunks;
    }

    /**
     * Opens a blob.
     *
     * @param info of the blob in {@code image}, perhaps under a better id
     * @param blobs opens blobs: this one, and the one with its chunk information if that is another
     */
    public static BlobAccess open(
            Bootstrap image, BlobInfo info, Function<BlobInfo, ByteSource> blobs) {
        var bytes = blobs.apply(info);
        boolean apart = info.has(BlobFeatures.SEPARATE) && info.has(BlobFeatures.ZRAN);
        var reader = new BlobReader(bytes, apart ? blobs.apply(info.metaBlob()) : bytes, info);
        var chunks = reader.chunks(image.chunks(info.index()));
        return new BlobAccess(info, bytes, reader, chunks);
    }

    public BlobInfo info() {
        return info;
    }

    /**
     * Decodes a chunk into {@code target}, which has the size of the chunk.
     *
     * @throws dev.naiad.base.error.CorruptFormatException if it is not what the image says
     */
    public void chunk(int index, MemorySegment target) {
        reader.chunk(chunks, index, target);
    }

    /**
     * Decodes a chunk of a file into {@code target}, which is as large as it. That of a tar archive
     * is at the offset in its inode and has no digest.
     */
    public void chunk(ChunkRef ref, MemorySegment target) {
        if (info.has(BlobFeatures.TARFS)) {
            bytes.read(ref.uncompressedOffset(), target);
        } else {
            chunk(ref.chunkIndex(), target);
        }
    }

    /**
     * Whether the chunk's stored bytes can be decoded alone, so that they may be moved to another
     * blob of that compressor as they are.
     */
    public boolean isPortable(int index, Compressor compressor) {
        return !chunks.isBatch(index)
                && !chunks.isZran(index)
                && !chunks.isEncrypted(index)
                && info.compressor() != Compressor.GZIP
                && (info.compressor() == compressor || !chunks.isCompressed(index));
    }

    public boolean isCompressed(int index) {
        return chunks.isCompressed(index);
    }

    /** The stored chunk; call {@link #chunk} first, which checks it. */
    public byte[] stored(int index) {
        return bytes.readBytes(chunks.compressedOffset(index), chunks.compressedSize(index));
    }
}
