package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.oci.image.Descriptor;

/** What becomes of one layer. For several threads. */
@FunctionalInterface
public interface LayerConversion {
    /** Runs until the layer's blob is stored. */
    ConvertedLayer convert(Descriptor layer, Digest diffId) throws Exception;
}
