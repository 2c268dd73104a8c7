package dev.naiad.acceleration.layer;

import dev.naiad.convert.conversion.LayerConversion;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.push.BlobStore;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Lets only so many layers of all images be converted at a time, which bounds memory.
 *
 * @param atOnce one for the whole process
 */
public record LimitedLayers(LayerWrapping inner, Semaphore atOnce) implements LayerWrapping {
    @Override
    public LayerConversion around(BlobStore blobs, Function<BlobStore, LayerConversion> converter) {
        LayerConversion conversion = inner.around(blobs, converter);
        return (layer, diffId) -> {
            atOnce.acquire();
            try {
                return conversion.convert(layer, diffId);
            } finally {
                atOnce.release();
            }
        };
    }
}
