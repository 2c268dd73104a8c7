package dev.naiad.convert.pull;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.oci.image.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** Opens a layer of a registry as the tar it holds. */
public final class LayerStream {
    private LayerStream() {}

    /**
     * The plain tar. It is received, inflated and read on three threads; its end is reached only if
     * both the layer's digest and the diff id are right.
     *
     * @param progress told how many bytes of the layer have come
     */
    public static InputStream open(
            ImageSource source,
            Descriptor layer,
            Digest diffId,
            Deadline deadline,
            LongConsumer progress)
            throws IOException {
        String name = "layer " + layer.digest();
        InputStream received =
                new ReadAhead(
                        "pull-" + layer.digest().hex().substring(0, 12),
                        new VerifiedStream(
                                name,
                                source.blob(layer.digest(), deadline),
                                layer.digest(),
                                layer.size(),
                                progress),
                        false);
        return new ReadAhead(
                "inflate-" + layer.digest().hex().substring(0, 12),
                new VerifiedStream(
                        name + " (uncompressed)",
                        new Inflated(received, name),
                        diffId,
                        -1,
                        n -> {}),
                true);
    }

    /** A blob as it is, verified at its end. */
    public static InputStream raw(
            ImageSource source, Descriptor blob, Deadline deadline, LongConsumer progress) {
        return new VerifiedStream(
                "blob " + blob.digest(),
                source.blob(blob.digest(), deadline),
                blob.digest(),
                blob.size(),
                progress);
    }

    /**
     * Finds out the compression on the reading thread, and reads the compressed bytes to their end
     * as well, since what follows the last member is part of the digest.
     */
    private static final class Inflated extends InputStream {
        private final InputStream received;
        private final String name;
        private InputStream plain = InputStream.nullInputStream();
        private boolean opened;

        Inflated(InputStream received, String name) {
            this.received = received;
            this.name = name;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (!opened) {
                opened = true;
                plain = LayerStreams.open(received, name);
            }
            int count = plain.read(target, offset, length);
            if (count < 0) {
                received.transferTo(java.io.OutputStream.nullOutputStream());
            }
            return count;
        }

        @Override
        public void close() throws IOException {
            plain.close();
            received.close();
        }
    }
}
