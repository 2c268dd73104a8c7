package dev.naiad.rafs;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A blob that is read as it is, in pieces of equal size: the archive of a tarfs image, of which no
 * table says where chunks are. Nothing is known of their content.
 */
public final class FlatChunks implements BlobChunks {
    private final long size;
    private final int pieceSize;

    private FlatChunks(long size, int pieceSize) {
        this.size = size;
        this.pieceSize = pieceSize;
    }

    /** The pieces of a tarfs blob, each of the image's chunk size. */
    public static FlatChunks of(BlobInfo blob) {
        return new FlatChunks(blob.compressedSize(), (int) blob.chunkSize());
    }

    /** The pieces that a file's chunk lies in, as chunks of the file. */
    public List<ChunkRef> pieces(ChunkRef chunk) {
        var result = new ArrayList<ChunkRef>(2);
        long end = chunk.uncompressedOffset() + chunk.size();
        for (long at = chunk.uncompressedOffset(); at < end; ) {
            int piece = (int) (at / pieceSize);
            int length = (int) Math.min(end - at, pieceSize - at % pieceSize);
            result.add(
                    new ChunkRef(
                            chunk.blobIndex(),
                            piece,
                            chunk.fileOffset() + at - chunk.uncompressedOffset(),
                            at,
                            length));
            at += length;
        }
        return result;
    }

    @Override
    public int count() {
        return Math.toIntExact((size + pieceSize - 1) / pieceSize);
    }

    @Override
    public boolean isKnown(int index) {
        return index >= 0 && index < count();
    }

    @Override
    public long compressedOffset(int index) {
        if (!isKnown(index)) {
            throw new IndexOutOfBoundsException("piece " + index + " of " + count());
        }
        return (long) index * pieceSize;
    }

    @Override
    public int compressedSize(int index) {
        return (int) Math.min(pieceSize, size - compressedOffset(index));
    }

    @Override
    public long uncompressedOffset(int index) {
        return compressedOffset(index);
    }

    @Override
    public int uncompressedSize(int index) {
        return compressedSize(index);
    }

    @Override
    public boolean isCompressed(int index) {
        return false;
    }

    @Override
    public boolean isEncrypted(int index) {
        return false;
    }

    @Override
    public boolean isBatch(int index) {
        return false;
    }

    @Override
    public boolean isZran(int index) {
        return false;
    }

    @Override
    public boolean hasCrc(int index) {
        return false;
    }

    @Override
    public int crc32c(int index) {
        return 0;
    }

    @Override
    public boolean hasDigest(int index) {
        return false;
    }

    @Override
    public void digest(int index, MemorySegment target) {
        throw new IllegalStateException("no digest is known of piece " + index);
    }

    @Override
    public int indexAt(long uncompressedOffset) {
        return uncompressedOffset >= 0 && uncompressedOffset < size
                ? (int) (uncompressedOffset / pieceSize)
                : -1;
    }
}
