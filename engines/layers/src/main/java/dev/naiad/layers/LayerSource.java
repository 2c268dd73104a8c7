package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.stream.LayerStreams;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A layer as it comes from a registry or a file: a tar stream, plain or compressed with gzip or
 * zstd, which its first bytes tell.
 *
 * @param name for errors
 * @param stream read once and closed by the opener of the layer
 * @param digest that the stream must have, or null
 * @param size that the stream must have, or negative
 * @param diffId the digest that the tar must have, or null
 */
public record LayerSource(
        String name,
        InputStream stream,
        @Nullable Digest digest,
        long size,
        @Nullable Digest diffId) {

    /** A layer of which nothing is known beforehand. */
    public static LayerSource of(String name, InputStream stream) {
        return new LayerSource(name, stream, null, -1, null);
    }

    /** The same layer, whose stream is refused at its end if it is not what a manifest says. */
    public LayerSource withDigest(Digest wanted, long wantedSize) {
        return new LayerSource(name, stream, wanted, wantedSize, diffId);
    }

    /** The same layer, whose tar is refused at its end if it is not what a configuration says. */
    public LayerSource withDiffId(Digest wanted) {
        return new LayerSource(name, stream, digest, size, wanted);
    }

    /**
     * The plain tar. The stream is received, inflated and read on three threads, a bounded number
     * of blocks ahead; the tar's end is reached only if the digests are right. Closing it closes
     * the stream.
     */
    public InputStream open() {
        InputStream plain = new Inflated(openStored(), name);
        Digest wanted = diffId;
        return new ReadAhead(
                "inflate " + name,
                wanted == null
                        ? plain
                        : new VerifiedStream(
                                name + " (uncompressed)", plain, wanted, -1, count -> {}),
                true);
    }

    /** The stream as it is, read ahead and checked against the digest. */
    InputStream openStored() {
        Digest wanted = digest;
        InputStream checked =
                wanted == null
                        ? stream
                        : new VerifiedStream(name, stream, wanted, size, count -> {});
        return new ReadAhead("receive " + name, checked, false);
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
                received.transferTo(OutputStream.nullOutputStream());
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
