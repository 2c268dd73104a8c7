package dev.naiad.acceleration.layer;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.conversion.ConvertedLayer;
import dev.naiad.convert.conversion.LayerConversion;
import dev.naiad.convert.conversion.LayerWrapping;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.layers.NydusLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.rafs.reader.BootstrapReader;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers the conversion of a layer from the store where it can, and keeps what is converted. */
public final class KeptLayers implements LayerWrapping {
    private static final Logger LOG = LoggerFactory.getLogger(KeptLayers.class);
    private static final int COPY_BYTES = 1 << 20;

    private final LayerStore store;
    private final String manner;

    /**
     * A wrapping for one conversion or many.
     *
     * @param manner of converting: layers that were converted in another one are not used
     */
    public KeptLayers(LayerStore store, String manner) {
        this.store = store;
        this.manner = manner;
    }

    @Override
    public LayerConversion around(BlobStore blobs, Function<BlobStore, LayerConversion> converter) {
        var keeping = new KeepingBlobs(blobs, store);
        LayerConversion conversion = converter.apply(keeping);
        return (layer, diffId) -> {
            String key = layer.digest() + " " + manner;
            Optional<ConvertedLayer> known = known(key, blobs);
            return known.isPresent()
                    ? known.get()
                    : convert(key, conversion, layer, diffId, keeping);
        };
    }

    private Optional<ConvertedLayer> known(String key, BlobStore blobs) throws IOException {
        Optional<LayerStore.Found> found = store.find(key);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (var kept = found.get()) {
            NydusLayer layer = NydusLayer.read(kept.blob(), kept.content());
            if (!blobs.hasBlob(kept.blob(), Deadline.never())) {
                push(kept, blobs);
            }
            LOG.info("layer {} was converted before: {}", key, kept.blob());
            // It was compared with its source when it was converted; the image is again.
            var bootstrap =
                    BootstrapReader.open(
                            MemorySegment.ofArray(layer.bootstrap()), "layer " + kept.blob());
            return Optional.of(
                    ConvertedLayer.of(
                            layer, Optional.of(Evidence.ofCached(layer.blobId(), bootstrap))));
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.DATA_LOSS
                    && e.kind() != ErrorKind.NOT_FOUND
                    && e.kind() != ErrorKind.INVALID_ARGUMENT) {
                throw e;
            }
            // What is kept is no longer what it was; the registry checked, or we did.
            LOG.warn("layer {} is converted again: {}", key, e.what());
            store.discard(key);
            return Optional.empty();
        }
    }

    private static void push(LayerStore.Found kept, BlobStore blobs) throws IOException {
        try (var out = blobs.writer(Deadline.never(), count -> {})) {
            byte[] buffer = new byte[COPY_BYTES];
            long size = kept.content().size();
            for (long at = 0; at < size; ) {
                int count = (int) Math.min(buffer.length, size - at);
                kept.content().read(at, MemorySegment.ofArray(buffer).asSlice(0, count));
                var bytes = ByteBuffer.wrap(buffer, 0, count);
                while (bytes.hasRemaining()) {
                    out.write(bytes);
                }
                at += count;
            }
            out.commit(kept.blob());
        }
    }

    private ConvertedLayer convert(
            String key,
            LayerConversion conversion,
            Descriptor layer,
            Digest diffId,
            KeepingBlobs keeping)
            throws Exception {
        ConvertedLayer converted = conversion.convert(layer, diffId);
        Digest blob = converted.descriptor().digest();
        @Nullable Path made = keeping.take(blob);
        if (made == null) {
            return converted;
        }
        try {
            // Only what answers alone: a blob that refers to its source would lose the reference.
            if (converted.bootstrap().blobId().equals(blob.hex())) {
                store.keep(key, blob, made);
            }
        } catch (IOException | NaiadException e) {
            LOG.warn("layer {} is not kept: {}", blob, e.toString());
        } finally {
            Files.deleteIfExists(made);
        }
        return converted;
    }
}
