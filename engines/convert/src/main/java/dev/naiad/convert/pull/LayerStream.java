package dev.naiad.convert.pull;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.layers.LayerSource;
import dev.naiad.layers.VerifiedStream;
import dev.naiad.oci.image.Descriptor;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Opens a layer of a registry as the tar it holds. */
public final class LayerStream {
    private LayerStream() {}

    /**
     * The plain tar. It is received, inflated and read on three threads; its end is reached only if
     * both the layer's digest and the diff id are right.
     *
     * @param progress told how many bytes of the layer have come
     */
    public static InputStream open(
            ImageSource source,
            Descriptor layer,
            Digest diffId,
            Deadline deadline,
            LongConsumer progress) {
        InputStream received =
                new VerifiedStream(
                        "layer " + layer.digest(),
                        source.blob(layer.digest(), deadline),
                        layer.digest(),
                        layer.size(),
                        progress);
        String name = "layer " + layer.digest().hex().substring(0, 12);
        return LayerSource.of(name, received).withDiffId(diffId).open();
    }

    /** A blob as it is, verified at its end. */
    public static InputStream raw(
            ImageSource source, Descriptor blob, Deadline deadline, LongConsumer progress) {
        return new VerifiedStream(
                "blob " + blob.digest(),
                source.blob(blob.digest(), deadline),
                blob.digest(),
                blob.size(),
                progress);
    }
}
