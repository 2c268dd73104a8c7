package dev.naiad.builder;

import dev.naiad.base.bytes.Digest;
import dev.naiad.rafs.BlobInfo;
import java.util.List;

/**
 * The result of a build.
 *
 * @param digest of all bytes that were written as the blob; a blob without bytes was not needed
 * @param size of the blob in bytes
 * @param bootstrap the bootstrap, uncompressed, whether separate or inlined in the blob
 * @param blobMeta the blob's chunk information in the form of the daemon's cache file; empty if the
 *     layer has no data
 * @param blobs the blob table
 */
@SuppressWarnings("ArrayRecordComponent") // handed over to the caller
public record BuiltLayer(
        Digest digest,
        long size,
        byte[] bootstrap,
        byte[] blobMeta,
        List<BlobInfo> blobs,
        BuildStatistics statistics) {

    /** Whether the layer has file data: if not, it has no place in a merged image's blob table. */
    public boolean hasData() {
        return blobMeta.length > 0 || blobs.stream().anyMatch(blob -> blob.chunkCount() > 0);
    }
}
