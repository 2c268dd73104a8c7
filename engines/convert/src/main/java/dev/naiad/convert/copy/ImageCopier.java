package dev.naiad.convert.copy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.layers.VerifiedStream;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.InputStream;
import java.util.HashSet;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies an image as it is, blob by blob: what the target has is not sent, what the registry can
 * mount is not moved.
 */
public final class ImageCopier {
    private static final Logger LOG = LoggerFactory.getLogger(ImageCopier.class);

    private final ImageSource source;
    private final ImageTarget target;
    private final ConversionProgress progress;
    private final int blobsAtOnce;

    public ImageCopier(
            ImageSource source, ImageTarget target, ConversionProgress progress, int blobsAtOnce) {
        this.source = source;
        this.target = target;
        this.progress = progress;
        this.blobsAtOnce = blobsAtOnce;
    }

    /** Copies everything but the tag. */
    public PushedImage copy(PlatformImage image) throws InterruptedException {
        var manifest = image.manifest();
        copyLayers(manifest);
        Deadline deadline = Deadline.never();
        target.putBlob(manifest.config().digest(), image.configBytes(), deadline);
        target.putManifest(
                image.descriptor().digest().toString(),
                manifest.mediaType(),
                image.manifestBytes(),
                deadline);
        return new PushedImage(
                image.descriptor(), manifest.mediaType(), image.manifestBytes(), image.size());
    }

    /** Copies the layers only. */
    public void copyLayers(Manifest manifest) throws InterruptedException {
        var seen = new HashSet<Digest>();
        manifest.layers().forEach(layer -> progress.expect(layer.size()));
        try (var group = TaskGroup.open("copy", Deadline.never(), blobsAtOnce)) {
            for (Descriptor layer : manifest.layers()) {
                if (seen.add(layer.digest())) {
                    group.fork(() -> copyBlob(layer));
                }
                var original = original(layer);
                if (original.isPresent() && seen.add(original.get())) {
                    group.fork(() -> copyOriginal(original.get()));
                }
            }
            group.joinOrThrow();
        }
    }

    /** The layer that keeps the data of an image made with {@code --oci-ref}. */
    private static Optional<Digest> original(Descriptor layer) {
        return Optional.ofNullable(layer.annotations().get(NydusAnnotations.REF))
                .map(Digest::parse);
    }

    /** No manifest of the image lists it, so nobody knows its size. */
    private void copyOriginal(Digest layer) {
        Deadline deadline = Deadline.never();
        if (target.hasBlob(layer, deadline) || target.mount(layer, source, deadline)) {
            return;
        }
        LOG.warn(
                "layer {} comes along for the image that refers to it, but no manifest lists it:"
                        + " garbage collection of the registry may take it; copy the original"
                        + " image there too",
                layer);
        copyBlob(
                layer,
                0,
                new VerifiedStream(
                        "layer " + layer,
                        source.blob(layer, deadline),
                        layer,
                        -1,
                        progress::pulled));
    }

    /** Copies one blob. */
    public void copyBlob(Descriptor blob) {
        BlobCopier.copy(blob, source, target, progress);
    }

    /** A blob from elsewhere, unless the target has it; the stream is closed. */
    public void copyBlob(Digest blob, long size, InputStream content) {
        if (target.hasBlob(blob, Deadline.never())) {
            progress.pulled(size);
        } else {
            BlobCopier.send(blob, content, target, progress);
        }
    }
}
