package dev.naiad.convert.conversion;

import dev.naiad.convert.push.BlobStore;
import java.util.function.Function;

/**
 * Stands around the conversion of layers: to limit how many there are at a time, to keep what was
 * converted, or to answer from what is known.
 */
@FunctionalInterface
public interface LayerWrapping {
    /** Adds nothing. */
    LayerWrapping NONE = (blobs, converter) -> converter.apply(blobs);

    /**
     * The conversion to be used.
     *
     * @param blobs where the image's blobs must be in the end
     * @param converter makes the conversion that stores its blobs in what it is given
     */
    LayerConversion around(BlobStore blobs, Function<BlobStore, LayerConversion> converter);
}
