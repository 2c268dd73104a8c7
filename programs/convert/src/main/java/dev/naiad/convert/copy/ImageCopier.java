package dev.naiad.convert.copy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.Progress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.Manifest;
import java.io.InputStream;
import java.util.HashSet;

/**
 * Copies an image as it is, blob by blob: what the target has is not sent, what the registry can
 * mount is not moved.
 */
public final class ImageCopier {
    private final ImageSource source;
    private final ImageTarget target;
    private final Progress progress;
    private final int blobsAtOnce;

    public ImageCopier(ImageSource source, ImageTarget target, Progress progress, int blobsAtOnce) {
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
            }
            group.joinOrThrow();
        }
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
