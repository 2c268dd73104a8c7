package dev.naiad.layers;

import dev.naiad.base.bytes.Digest;
import dev.naiad.codec.stream.LayerStreams;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.MediaTypes;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Takes a tar and writes an OCI layer: compresses, counts and hashes on the way. After {@link
 * #close} it knows the layer's descriptor and diff id. For one thread.
 */
public final class CompressedLayer extends OutputStream {
    private final LayerStreams.Kind kind;
    private final Counted counted;
    private final OutputStream compressor;
    private final MessageDigest plain = sha256();
    private boolean closed;

    /**
     * Compresses with the algorithm's default level.
     *
     * @param out receives the layer; flushed, but not closed
     */
    public CompressedLayer(OutputStream out, LayerStreams.Kind kind) throws IOException {
        this.kind = kind;
        this.counted = new Counted(out);
        this.compressor = LayerStreams.compressing(counted, kind, -1);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        plain.update(bytes, offset, length);
        compressor.write(bytes, offset, length);
    }

    /** Ends the layer. */
    @Override
    public void close() throws IOException {
        if (!closed) {
            closed = true;
            compressor.close();
        }
    }

    /** The layer's entry in a manifest; to be called once, after close. */
    public Descriptor descriptor() {
        if (!closed) {
            throw new IllegalStateException("the layer has not ended");
        }
        String type =
                switch (kind) {
                    case PLAIN -> MediaTypes.OCI_LAYER;
                    case GZIP -> MediaTypes.OCI_LAYER_GZIP;
                    case ZSTD -> MediaTypes.OCI_LAYER_ZSTD;
                };
        return Descriptor.of(
                type, Digest.of(Digest.Algorithm.SHA256, counted.hash.digest()), counted.count);
    }

    /** The digest of the tar; to be called once, after close. */
    public Digest diffId() {
        if (!closed) {
            throw new IllegalStateException("the layer has not ended");
        }
        return Digest.of(Digest.Algorithm.SHA256, plain.digest());
    }

    private static final class Counted extends OutputStream {
        private final OutputStream out;
        private final MessageDigest hash = sha256();
        private long count;

        Counted(OutputStream out) {
            this.out = out;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            hash.update(bytes, offset, length);
            count += length;
            out.write(bytes, offset, length);
        }

        @Override
        public void flush() throws IOException {
            out.flush();
        }

        @Override
        public void close() throws IOException {
            out.flush();
        }
    }
}
