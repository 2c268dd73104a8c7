package dev.naiad.convert.copy;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Brings a blob from one place to another: what is there is not sent, what can be mounted is not
 * moved.
 */
public final class BlobCopier {
    private static final int COPY_BYTES = 256 << 10;

    private BlobCopier() {}

    /** Returns when the blob is there. */
    public static void copy(
            Descriptor blob, ImageSource source, BlobStore target, ConversionProgress progress) {
        Deadline deadline = Deadline.never();
        if (target.hasBlob(blob.digest(), deadline)
                || (target instanceof ImageTarget image
                        && image.mount(blob.digest(), source, deadline))) {
            progress.pulled(blob.size());
            return;
        }
        send(
                blob.digest(),
                LayerStream.raw(source, blob, deadline, progress::pulled),
                target,
                progress);
    }

    /** Sends a blob whatever the target has; the stream is closed. */
    static void send(
            Digest blob, InputStream content, BlobStore target, ConversionProgress progress) {
        try (var in = content;
                var out = target.writer(Deadline.never(), progress::pushed)) {
            byte[] buffer = new byte[COPY_BYTES];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                var _ = out.write(ByteBuffer.wrap(buffer, 0, n));
            }
            out.commit(blob);
        } catch (IOException e) {
            throw new NaiadException(
                    ErrorKind.UNAVAILABLE, "blob " + blob + ": " + e.getMessage(), e);
        }
    }
}
