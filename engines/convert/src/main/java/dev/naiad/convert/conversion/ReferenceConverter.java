package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuildOptions;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.builder.tar.NoReferenceException;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.convert.verify.ReferenceAudit;
import dev.naiad.layers.NydusLayer;
import dev.naiad.oci.image.Descriptor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Describes one layer for {@code --oci-ref}: its data stays in the layer; what is sent says where
 * in it the chunks are. The layer itself goes along if the target has not got it. One that cannot
 * be read where it is gets a blob of its own.
 */
final class ReferenceConverter implements LayerConversion {
    private static final Logger LOG = LoggerFactory.getLogger(ReferenceConverter.class);

    private final OriginalLayers originals;
    private final BlobStore blobs;
    private final KnownImages known;
    private final ConvertOptions options;
    private final BuildOptions build;
    private final LayerConversion own;
    private final ConversionProgress progress;
    private final LayerAttempts attempts;

    /**
     * @param own converts what cannot be referred to
     */
    ReferenceConverter(
            OriginalLayers originals,
            BlobStore blobs,
            KnownImages known,
            ConvertOptions options,
            LayerConversion own,
            ConversionProgress progress) {
        this.originals = originals;
        this.own = own;
        this.build = options.build().withBatchSize(0).forReference();
        this.blobs = blobs;
        this.known = known;
        this.options = options;
        this.progress = progress;
        this.attempts = new LayerAttempts(options, progress);
    }

    @Override
    public ConvertedLayer convert(Descriptor layer, Digest diffId) throws Exception {
        try {
            return attempts.convert(layer, pulled -> convertOnce(layer, diffId, pulled));
        } catch (NoReferenceException e) {
            LOG.warn("{}; the image gets a blob of its own for it", e.what());
            return own.convert(layer, diffId);
        }
    }

    private ConvertedLayer convertOnce(Descriptor layer, Digest diffId, LongConsumer pulled)
            throws IOException {
        Deadline deadline = Deadline.never();
        String name = "layer " + layer.digest();
        var audit = new ReferenceAudit(name, build.chunkSize());
        var hash = sha256(diffId);
        try (var stored = originals.open(layer, pulled);
                var blob = blobs.writer(deadline, progress::pushed)) {
            BuiltLayer built =
                    LayerBuilder.fromReference(
                            name,
                            Channels.newChannel(stored),
                            build,
                            known,
                            blob,
                            (bytes, from, count) -> {
                                hash.update(bytes, from, count);
                                if (options.verify()) {
                                    audit.accept(bytes, from, count);
                                }
                            });
            stored.transferTo(OutputStream.nullOutputStream()); // the end is where it is verified
            checkDiffId(name, diffId, hash.digest());
            Optional<Evidence> evidence =
                    options.verify()
                            ? Optional.of(audit.check(built, layer.digest()))
                            : Optional.empty();
            stored.commit();
            blob.commit(built.digest());
            return ConvertedLayer.of(NydusLayer.of(built).describing(layer.digest()), evidence);
        }
    }

    private static MessageDigest sha256(Digest diffId) {
        if (diffId.algorithm() != Digest.Algorithm.SHA256) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--oci-ref: diff id " + diffId + " is not a sha256; convert without it");
        }
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private static void checkDiffId(String name, Digest wanted, byte[] sha256) {
        Digest found = Digest.of(Digest.Algorithm.SHA256, sha256);
        if (!found.equals(wanted)) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name
                            + " (uncompressed): content has digest "
                            + found
                            + " instead of "
                            + wanted);
        }
    }
}
