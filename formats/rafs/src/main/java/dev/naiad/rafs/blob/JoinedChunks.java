package dev.naiad.rafs.blob;

import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.StoredUnit;
import java.lang.foreign.MemorySegment;

/**
 * The chunks of a blob whose own chunk information says where they are (batches, gzip streams) and
 * whose bootstrap knows their digests: places from the one, digests and checksums from either.
 */
public final class JoinedChunks implements BlobChunks {
    private final BlobMeta places;
    private final BlobChunks listed;

    /**
     * @param places the blob's own chunk information
     * @param listed the bootstrap's records of the same blob
     */
    public JoinedChunks(BlobMeta places, BlobChunks listed) {
        this.places = places;
        this.listed = listed;
    }

    private boolean isListed(int index) {
        return index < listed.count() && listed.isKnown(index);
    }

    @Override
    public int count() {
        return places.count();
    }

    @Override
    public boolean isKnown(int index) {
        return places.isKnown(index);
    }

    @Override
    public long compressedOffset(int index) {
        return places.compressedOffset(index);
    }

    @Override
    public int compressedSize(int index) {
        return places.compressedSize(index);
    }

    @Override
    public long uncompressedOffset(int index) {
        return places.uncompressedOffset(index);
    }

    @Override
    public int uncompressedSize(int index) {
        return places.uncompressedSize(index);
    }

    @Override
    public boolean isCompressed(int index) {
        return places.isCompressed(index);
    }

    @Override
    public boolean isEncrypted(int index) {
        return places.isEncrypted(index);
    }

    @Override
    public boolean isBatch(int index) {
        return places.isBatch(index);
    }

    @Override
    public boolean isZran(int index) {
        return places.isZran(index);
    }

    @Override
    public StoredUnit unit(int index) {
        return places.unit(index);
    }

    @Override
    public long unitOffset(int index) {
        return places.unitOffset(index);
    }

    @Override
    public boolean hasCrc(int index) {
        return places.hasCrc(index) || (isListed(index) && listed.hasCrc(index));
    }

    @Override
    public int crc32c(int index) {
        return places.hasCrc(index) ? places.crc32c(index) : listed.crc32c(index);
    }

    @Override
    public boolean hasDigest(int index) {
        return places.hasDigest(index) || (isListed(index) && listed.hasDigest(index));
    }

    @Override
    public void digest(int index, MemorySegment target) {
        if (isListed(index) && listed.hasDigest(index)) {
            listed.digest(index, target);
        } else {
            places.digest(index, target);
        }
    }

    @Override
    public int indexAt(long uncompressedOffset) {
        return places.indexAt(uncompressedOffset);
    }
}
