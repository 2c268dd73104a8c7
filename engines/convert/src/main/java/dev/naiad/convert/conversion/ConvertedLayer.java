package dev.naiad.convert.conversion;

import dev.naiad.builder.LayerBootstrap;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.layers.NydusLayer;
import dev.naiad.oci.image.Descriptor;
import java.util.Optional;

/**
 * A layer whose blob is where it belongs.
 *
 * @param descriptor for the manifest, with its annotations
 * @param bootstrap as the merge wants it: it says which blob the layer's data is in, which for a
 *     layer that refers to its source is not the one of the descriptor
 * @param blobMeta chunk table in the form of the daemon's cache file, empty if there is none
 * @param evidence of the layer's source, if the conversion was verified
 */
@SuppressWarnings("ArrayRecordComponent") // handed over
public record ConvertedLayer(
        Descriptor descriptor,
        LayerBootstrap bootstrap,
        byte[] blobMeta,
        Optional<Evidence> evidence) {

    /** A layer whose blob holds what it needs, or refers to the original layer. */
    public static ConvertedLayer of(NydusLayer layer, Optional<Evidence> evidence) {
        return new ConvertedLayer(layer.descriptor(), layer.forMerge(), layer.blobMeta(), evidence);
    }
}
