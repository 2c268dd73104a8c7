package dev.naiad.convert.estargz;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.builder.stargz.EstargzWriter;
import dev.naiad.builder.stargz.EstargzWriter.Compression;
import dev.naiad.convert.conversion.LayerAttempts;
import dev.naiad.convert.copy.BlobCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.util.function.LongConsumer;

/**
 * Makes seekable layers: received, inflated, packed and sent at the same time, nothing of it on a
 * disk. A layer that is one already stays as it is.
 */
final class EstargzLayers {
    private final ImageSource source;
    private final BlobStore target;
    private final Compression compression;
    private final boolean toOci;
    private final LayerAttempts attempts;
    private final ConversionProgress progress;

    EstargzLayers(
            ImageSource source,
            BlobStore target,
            Compression compression,
            boolean toOci,
            LayerAttempts attempts,
            ConversionProgress progress) {
        this.source = source;
        this.target = target;
        this.compression = compression;
        this.toOci = toOci;
        this.attempts = attempts;
        this.progress = progress;
    }

    EstargzLayer convert(Descriptor layer, Digest diffId) throws Exception {
        if (isSeekable(layer)) {
            BlobCopier.copy(layer, source, target, progress);
            String type = layer.mediaType();
            return new EstargzLayer(
                    layer.withMediaType(toOci ? MediaTypes.toOci(type) : type), diffId);
        }
        return attempts.convert(
                layer, EstargzLayer::descriptor, pulled -> convertOnce(layer, diffId, pulled));
    }

    /** Whether its manifest says so, and it is of the wanted kind. */
    private boolean isSeekable(Descriptor layer) {
        boolean zstd = layer.mediaType().endsWith("zstd");
        return layer.annotations().containsKey(EstargzWriter.TOC_DIGEST)
                && zstd == (compression == Compression.ZSTD);
    }

    private EstargzLayer convertOnce(Descriptor layer, Digest diffId, LongConsumer pulled)
            throws IOException {
        Deadline deadline = Deadline.never();
        try (InputStream tar = LayerStream.open(source, layer, diffId, deadline, pulled);
                var blob = target.writer(deadline, progress::pushed)) {
            var written =
                    EstargzWriter.write(
                            "layer " + layer.digest(),
                            tar,
                            Channels.newOutputStream(blob),
                            compression);
            tar.transferTo(OutputStream.nullOutputStream()); // where the digests are checked
            blob.commit(written.digest());
            var made = Descriptor.of(type(layer.mediaType()), written.digest(), written.size());
            for (var annotation : written.annotations().entrySet()) {
                made = made.withAnnotation(annotation.getKey(), annotation.getValue());
            }
            return new EstargzLayer(made, written.diffId());
        }
    }

    private String type(String before) {
        boolean docker = MediaTypes.isDocker(before) && !toOci;
        return switch (compression) {
            case GZIP -> docker ? MediaTypes.DOCKER_LAYER_GZIP : MediaTypes.OCI_LAYER_GZIP;
            case ZSTD -> docker ? MediaTypes.DOCKER_LAYER_ZSTD : MediaTypes.OCI_LAYER_ZSTD;
        };
    }
}
