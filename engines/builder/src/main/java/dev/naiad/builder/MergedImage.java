package dev.naiad.builder;

import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.RafsVersion;
import java.util.List;

/**
 * The result of a merge.
 *
 * @param blobs only those that the result still uses, in the order of first use
 * @param compressor of the first layer
 */
@SuppressWarnings("ArrayRecordComponent") // handed over to the caller
public record MergedImage(
        byte[] bootstrap,
        List<BlobInfo> blobs,
        long entries,
        RafsVersion version,
        Compressor compressor) {
    public List<String> blobIds() {
        return blobs.stream().map(BlobInfo::id).toList();
    }
}
