package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.KnownImages;
import dev.naiad.builder.LayerBuilder;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.remote.Progress;
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

/**
 * Describes one layer for {@code --oci-ref}: its data stays in the layer, which must be in the
 * target's repository; what is sent says where in it the chunks are.
 */
final class ReferenceConverter implements LayerConversion {
    private final ImageSource source;
    private final BlobStore blobs;
    private final KnownImages known;
    private final ConvertOptions options;
    private final Progress progress;
    private final LayerAttempts attempts;

    ReferenceConverter(
            ImageSource source,
            BlobStore blobs,
            KnownImages known,
            ConvertOptions options,
            Progress progress) {
        this.source = source;
        this.blobs = blobs;
        this.known = known;
        this.options = options;
        this.progress = progress;
        this.attempts = new LayerAttempts(options, progress);
    }

    @Override
    public ConvertedLayer convert(Descriptor layer, Digest diffId) throws Exception {
        if (!blobs.hasBlob(layer.digest(), Deadline.never())) {
            // It is not copied: a registry's garbage collection takes what no manifest lists.
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--oci-ref: layer "
                            + layer.digest()
                            + " is not in the repository of "
                            + options.target()
                            + ", from which the image would be read; copy the source image there"
                            + " first (nydusify copy), or convert without --oci-ref");
        }
        return attempts.convert(layer, pulled -> convertOnce(layer, diffId, pulled));
    }

    private ConvertedLayer convertOnce(Descriptor layer, Digest diffId, LongConsumer pulled)
            throws IOException {
        Deadline deadline = Deadline.never();
        String name = "layer " + layer.digest();
        var audit = new ReferenceAudit(name, options.build().chunkSize());
        var hash = sha256(diffId);
        try (var stored = LayerStream.raw(source, layer, deadline, pulled);
                var blob = blobs.writer(deadline, progress::pushed)) {
            BuiltLayer built =
                    LayerBuilder.fromReference(
                            name,
                            Channels.newChannel(stored),
                            options.build(),
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
            blob.commit(built.digest());
            return ConvertedLayer.of(NydusLayer.of(built).describing(layer.digest()), evidence);
        }
    }

    private static MessageDigest sha256(Digest diffId) {
        if (diffId.algorithm() != Digest.Algorithm.SHA256) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    "--oci-ref: diff id " + diffId + " is no sha256; convert without it");
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
