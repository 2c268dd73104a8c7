package dev.naiad.convert.verify;

import java.util.Optional;

/**
 * What is known about a layer from its source and from its blob as it was written.
 *
 * @param blobId of the layer's blob
 */
public record Evidence(ExpectedTree tree, String blobId, Optional<BlobLedger> ledger) {}
