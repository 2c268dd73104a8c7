package dev.naiad.convert.copy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.concurrent.TaskGroup;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.convert.remote.Progress;
import dev.naiad.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashSet;

/**
 * Copies an image as it is, blob by blob: what the target has is not sent, what the registry can
 * mount is not moved.
 */
public final class ImageCopier {
    private static final int COPY_BYTES = 256 << 10;

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

    /** A layer, unless the target has it. */
    public void copyBlob(Descriptor blob) {
        Deadline deadline = Deadline.never();
        if (target.hasBlob(blob.digest(), deadline)
                || target.mount(blob.digest(), source, deadline)) {
            progress.pulled(blob.size());
            return;
        }
        send(blob.digest(), LayerStream.raw(source, blob, deadline, progress::pulled));
    }

    /** A blob from elsewhere, unless the target has it; the stream is closed. */
    public void copyBlob(Digest blob, long size, InputStream content) {
        if (target.hasBlob(blob, Deadline.never())) {
            progress.pulled(size);
            return;
        }
        send(blob, content);
    }

    private void send(Digest blob, InputStream content) {
        Deadline deadline = Deadline.never();
        try (var in = content;
                var out = target.writer(deadline, progress::pushed)) {
            byte[] buffer = new byte[COPY_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                out.write(ByteBuffer.wrap(buffer, 0, n));
            }
            out.commit(blob);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "blob " + blob + ": " + e.getMessage(), e);
        }
    }
}
