package dev.naiad.rafs;

import dev.naiad.base.bytes.Hex;
import java.util.Arrays;

/**
 * What a bootstrap says about one blob. Immutable.
 *
 * @param index position in the blob table
 * @param id normally the blob's SHA-256 in hex; for a bootstrap inlined in its blob see {@link
 *     #hasPlaceholderId}
 * @param compressedSize size of the blob file, or of the referenced layer where {@link
 *     BlobFeatures#SEPARATE} is set
 * @param uncompressedSize end of the uncompressed blob
 * @param meta where the chunk information array lies
 * @param toc table of contents as stored: size 0 if there is none or it is unknown
 * @param metaDigest for SEPARATE blobs SHA-256 of the blob with the metadata (its id), else 32 zero
 *     bytes
 * @param metaSize size of that blob
 * @param cipherKey 32 bytes and {@code cipherIv} 16 bytes where {@code cipher} is not NONE, else
 *     empty
 * @param blocks length in blocks and {@code mappedBlock} first block when bootstrap and blobs form
 *     one disk (v6), else 0
 * @param readaheadSize bytes at the start of the blob that hold prefetched files (v5), else 0
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the id; arrays are read only
public record BlobInfo(
        int index,
        String id,
        long chunkSize,
        int chunkCount,
        Compressor compressor,
        Digester digester,
        BlobFeatures features,
        long compressedSize,
        long uncompressedSize,
        MetaLocation meta,
        TocLocation toc,
        byte[] metaDigest,
        long metaSize,
        Cipher cipher,
        byte[] cipherKey,
        byte[] cipherIv,
        long blocks,
        long mappedBlock,
        long readaheadSize) {

    /** Where a blob's chunk information array (CI) lies: all 0 where there is none. */
    public record MetaLocation(
            Compressor compressor, long offset, long compressedSize, long uncompressedSize) {
        public static final MetaLocation ABSENT = new MetaLocation(Compressor.NONE, 0, 0, 0);
    }

    /**
     * Size of the table of contents with its tar header, and SHA-256 of both (zero bytes: unknown).
     */
    @SuppressWarnings("ArrayRecordComponent")
    public record TocLocation(long size, byte[] digest) {
        public static final TocLocation ABSENT = new TocLocation(0, new byte[32]);

        public boolean hasDigest() {
            for (byte b : digest) {
                if (b != 0) {
                    return true;
                }
            }
            return false;
        }
    }

    public boolean has(int feature) {
        return features.has(feature);
    }

    /**
     * True where the stored id cannot be the blob's name, because the bootstrap was written inside
     * the blob: readers take the bootstrap file's name up to the first dot instead.
     */
    public boolean hasPlaceholderId() {
        return (has(BlobFeatures.INLINED_FS_META)
                        && !has(BlobFeatures.SEPARATE)
                        && !has(BlobFeatures.EXTERNAL))
                || !has(BlobFeatures.CAP_TAR_TOC);
    }

    /**
     * The blob with the chunk information: this one, or, where the data stays in an original layer,
     * the small one beside it. Its id is all zeros where the image does not name it.
     */
    public BlobInfo metaBlob() {
        return has(BlobFeatures.SEPARATE)
                ? with(
                        index,
                        Hex.encode(metaDigest),
                        features.without(BlobFeatures.SEPARATE),
                        readaheadSize)
                : this;
    }

    /** Whether the image names {@link #metaBlob}. */
    public boolean namesMetaBlob() {
        return !has(BlobFeatures.SEPARATE) || !Arrays.equals(metaDigest, new byte[32]);
    }

    /**
     * A copy that names {@link #metaBlob}, for an image that does not because it lies inside that
     * blob.
     *
     * @param metaId 64 hexadecimal digits
     */
    public BlobInfo withMetaBlob(String metaId) {
        return with(index, id, features, readaheadSize, chunkCount, Hex.decode(metaId));
    }

    /** Bytes of chunk data at the start of the blob file. */
    public long compressedDataSize() {
        if (has(BlobFeatures.SEPARATE | BlobFeatures.EXTERNAL) || !has(BlobFeatures.CAP_TAR_TOC)) {
            return compressedSize;
        }
        long header = has(BlobFeatures.HAS_TAR_HEADER) ? 512 : 0;
        long end = meta.offset() != 0 ? meta.offset() : compressedSize;
        return Math.max(0, end - header);
    }

    /** A copy with another id, as {@code merge} and the id rule of inlined bootstraps need. */
    public BlobInfo withId(String newId) {
        return with(index, newId, features, readaheadSize);
    }

    /** A copy for another position in the blob table. */
    public BlobInfo withIndex(int newIndex) {
        return with(newIndex, id, features, readaheadSize);
    }

    /** A copy with these features too. */
    public BlobInfo withFeatures(int more) {
        return with(index, id, features.with(more), readaheadSize);
    }

    /** A copy without these features. */
    public BlobInfo withoutFeatures(int less) {
        return with(index, id, features.without(less), readaheadSize);
    }

    /** A copy whose first bytes hold prefetched files. */
    public BlobInfo withReadahead(long bytes) {
        return with(index, id, features, bytes);
    }

    /** A copy that is divided otherwise, as readers of whole archives do. */
    public BlobInfo withChunkCount(int count) {
        return with(index, id, features, readaheadSize, count, metaDigest);
    }

    private BlobInfo with(int newIndex, String newId, BlobFeatures newFeatures, long newReadahead) {
        return with(newIndex, newId, newFeatures, newReadahead, chunkCount, metaDigest);
    }

    private BlobInfo with(
            int newIndex,
            String newId,
            BlobFeatures newFeatures,
            long newReadahead,
            int newChunkCount,
            byte[] newMetaDigest) {
        return new BlobInfo(
                newIndex,
                newId,
                chunkSize,
                newChunkCount,
                compressor,
                digester,
                newFeatures,
                compressedSize,
                uncompressedSize,
                meta,
                toc,
                newMetaDigest,
                metaSize,
                cipher,
                cipherKey,
                cipherIv,
                blocks,
                mappedBlock,
                newReadahead);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof BlobInfo that
                && index == that.index
                && id.equals(that.id)
                && chunkCount == that.chunkCount
                && compressedSize == that.compressedSize
                && uncompressedSize == that.uncompressedSize
                && features.equals(that.features)
                && Arrays.equals(metaDigest, that.metaDigest);
    }

    @Override
    public int hashCode() {
        return id.hashCode();
    }

    /** Without the key: this ends up in logs. */
    @Override
    public String toString() {
        return "blob "
                + index
                + " "
                + id
                + " ("
                + chunkCount
                + " chunks, features "
                + features
                + ")";
    }
}
