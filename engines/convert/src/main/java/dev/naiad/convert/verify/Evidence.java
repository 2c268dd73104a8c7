package dev.naiad.convert.verify;

import dev.naiad.rafs.Bootstrap;
import java.util.Optional;

/**
 * What is known about a layer from its source and from its blob as it was written.
 *
 * @param blobId of the layer's blob
 */
public record Evidence(ExpectedTree tree, String blobId, Optional<BlobLedger> ledger) {
    /** An archive that was written; nothing is known of the blob its content came from. */
    static Evidence ofArchive(ExpectedTree tree) {
        return new Evidence(tree, "", Optional.empty());
    }

    /** A layer that was converted and compared earlier: its own bootstrap speaks for it. */
    public static Evidence ofCached(String blobId, Bootstrap bootstrap) {
        return new Evidence(BootstrapTree.read(bootstrap), blobId, Optional.empty());
    }
}
