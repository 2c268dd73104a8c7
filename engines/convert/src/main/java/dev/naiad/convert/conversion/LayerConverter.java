package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.convert.verify.LayerAudit;
import dev.naiad.layers.NydusLayer;
import dev.naiad.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * Converts one layer: received, inflated, built and sent at the same time, nothing of it on a disk.
 */
final class LayerConverter implements LayerConversion {
    private final ImageSource source;
    private final BlobStore blobs;
    private final TarBuild builder;
    private final KnownImages known;
    private final ConvertOptions options;
    private final ConversionProgress progress;
    private final LayerAttempts attempts;

    LayerConverter(
            ImageSource source,
            BlobStore blobs,
            TarBuild builder,
            KnownImages known,
            ConvertOptions options,
            ConversionProgress progress) {
        this.source = source;
        this.blobs = blobs;
        this.builder = builder;
        this.known = known;
        this.options = options;
        this.progress = progress;
        this.attempts = new LayerAttempts(options, progress);
    }

    @Override
    public ConvertedLayer convert(Descriptor layer, Digest diffId) throws Exception {
        return attempts.convert(layer, pulled -> convertOnce(layer, diffId, pulled));
    }

    private ConvertedLayer convertOnce(Descriptor layer, Digest diffId, LongConsumer pulled)
            throws IOException {
        Deadline deadline = Deadline.never();
        try (InputStream tar = LayerStream.open(source, layer, diffId, deadline, pulled);
                var blob = blobs.writer(deadline, progress::pushed)) {
            String name = "layer " + layer.digest();
            if (!options.verify()) {
                BuiltLayer built = build(name, tar, blob);
                blob.commit(built.digest());
                return ConvertedLayer.of(NydusLayer.of(built), Optional.empty());
            }
            try (var audit = new LayerAudit(name, options.build(), blob)) {
                BuiltLayer built = build(name, audit.source(tar), audit.blob());
                Evidence evidence = audit.check(built);
                blob.commit(built.digest());
                return ConvertedLayer.of(NydusLayer.of(built), Optional.of(evidence));
            }
        }
    }

    private BuiltLayer build(String name, InputStream tar, WritableByteChannel blob)
            throws IOException {
        BuiltLayer built =
                builder.build(name, Channels.newChannel(tar), options.build(), known, blob);
        tar.transferTo(OutputStream.nullOutputStream()); // the end is where the digests are checked
        return built;
    }
}
