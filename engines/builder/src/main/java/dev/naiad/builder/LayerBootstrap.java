package dev.naiad.builder;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A layer's bootstrap as an input of a merge, with what it cannot know about its own blob.
 *
 * @param name for errors
 * @param blobId of the one blob that the layer brought
 * @param metaDigest hex, of the blob with the metadata where data and metadata are apart, else null
 * @param blobSize of the blob's file (of the metadata blob where both are apart), or -1 for what
 *     the bootstrap says
 * @param tocDigest hex, or null for unknown
 * @param tocSize or -1 for unknown
 */
public record LayerBootstrap(
        String name,
        String blobId,
        MemorySegment bootstrap,
        @Nullable String metaDigest,
        long blobSize,
        @Nullable String tocDigest,
        long tocSize) {

    /** A layer whose blob has that id, nothing else known. */
    public static LayerBootstrap of(String blobId, MemorySegment bootstrap) {
        return new LayerBootstrap(blobId, blobId, bootstrap, null, -1, null, -1);
    }

    /** A layer whose blob has that id and size. */
    public static LayerBootstrap of(String blobId, MemorySegment bootstrap, long blobSize) {
        return new LayerBootstrap(blobId, blobId, bootstrap, null, blobSize, null, -1);
    }
}
