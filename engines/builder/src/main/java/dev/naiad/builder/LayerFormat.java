package dev.naiad.builder;

import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.BlobInfo;
import java.util.List;

/** How one version of RAFS describes a layer, after its data. */
interface LayerFormat {
    /** Writes the rest of the blob and makes the bootstrap. */
    Written finish(FileTree tree, LayerData data);

    /**
     * What was written.
     *
     * @param sha256 of the whole blob
     * @param blobMeta what a reader keeps in {@code ID.blob.meta}; empty if there is none
     * @param entries in the tree
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over
    record Written(
            byte[] sha256, byte[] bootstrap, byte[] blobMeta, List<BlobInfo> blobs, long entries) {}
}
