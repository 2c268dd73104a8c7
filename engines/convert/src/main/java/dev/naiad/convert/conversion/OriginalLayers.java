package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.copy.BlobCopier;
import dev.naiad.convert.copy.ImageCopier;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.pull.LayerStream;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.BlobWriter;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.remote.ConversionProgress;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.NydusAnnotations;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The layers that an image refers to. They have to be where its blobs are, since a daemon reads all
 * of them in one place: what is not there is mounted or sent along while it is read. For any number
 * of threads.
 */
final class OriginalLayers {
    private final ImageSource source;
    private final BlobStore store;
    private final ConversionProgress progress;

    /**
     * @param store where the image's blobs are
     */
    OriginalLayers(ImageSource source, BlobStore store, ConversionProgress progress) {
        this.source = source;
        this.store = store;
        this.progress = progress;
    }

    /**
     * Reads a layer as it is, verified at its end.
     *
     * @param pulled told how many bytes of it have come
     */
    Reading open(Descriptor layer, LongConsumer pulled) {
        Deadline deadline = Deadline.never();
        boolean there = isThere(layer);
        var stored = LayerStream.raw(source, layer, deadline, pulled);
        return new Reading(
                stored, layer.digest(), there ? null : store.writer(deadline, progress::pushed));
    }

    private boolean isThere(Descriptor layer) {
        Deadline deadline = Deadline.never();
        return store.hasBlob(layer.digest(), deadline)
                || (store instanceof ImageTarget target
                        && target.mount(layer.digest(), source, deadline));
    }

    /** Brings also those layers along whose description was known already. */
    LayerConversion around(LayerConversion next) {
        return (layer, diffId) -> {
            var converted = next.convert(layer, diffId);
            if (converted.descriptor().annotations().containsKey(NydusAnnotations.REF)
                    && !isThere(layer)) {
                BlobCopier.copy(layer, source, store, progress);
            }
            return converted;
        };
    }

    /** Stores the source's manifests under their digests: they list the layers. */
    void keep(SourceImage image, ImageCopier copier) throws InterruptedException {
        for (var platform : image.images()) {
            if (!platform.manifest().isNydus()) {
                var _ = copier.copy(platform);
            }
        }
    }

    /** A layer that is read, and perhaps sent along. */
    static final class Reading extends FilterInputStream {
        private final Digest digest;
        private final @Nullable BlobWriter copy;

        private Reading(InputStream in, Digest digest, @Nullable BlobWriter copy) {
            super(in);
            this.digest = digest;
            this.copy = copy;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            int count = super.read(target, offset, length);
            if (count > 0 && copy != null) {
                var bytes = ByteBuffer.wrap(target, offset, count);
                while (bytes.hasRemaining()) {
                    copy.write(bytes);
                }
            }
            return count;
        }

        /** Makes what was sent along a blob; the layer must have been read to its end. */
        void commit() throws IOException {
            if (copy != null) {
                copy.commit(digest);
            }
        }

        @Override
        public boolean markSupported() {
            return false;
        }

        @Override
        public long skip(long count) {
            throw new UnsupportedOperationException("every byte is sent");
        }

        @Override
        public void close() throws IOException {
            try (var _ = copy) {
                super.close();
            }
        }
    }
}
