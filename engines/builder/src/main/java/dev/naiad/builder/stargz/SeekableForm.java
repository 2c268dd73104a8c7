package dev.naiad.builder.stargz;

import dev.naiad.base.bytes.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Map;

/**
 * A layer packed in parts that can be unpacked independently, with a table of contents at its end.
 * For one thread.
 */
abstract sealed class SeekableForm permits GzipForm, ZstdForm {
    private final OutputStream out;
    private final MessageDigest blob = sha256();
    private final MessageDigest plain = sha256();
    private long position;
    private long plainSize;

    /**
     * @param out takes the layer; not closed
     */
    SeekableForm(OutputStream out) {
        this.out = out;
    }

    /** Appends to the part that is open, or begins one. */
    final void write(byte[] bytes, int from, int count) throws IOException {
        plain.update(bytes, from, count);
        plainSize += count;
        pack(bytes, from, count);
    }

    abstract void pack(byte[] bytes, int from, int count) throws IOException;

    /** Ends the part that is open; the next one begins at {@link #position}. */
    abstract void cut() throws IOException;

    /**
     * Ends the archive and writes the table and the footer that locates it.
     *
     * @param toc the table's JSON
     * @return what a manifest has to say of the layer besides the table's digest
     */
    abstract Map<String, String> finish(byte[] toc) throws IOException;

    /** Appends packed bytes. */
    final void put(byte[] bytes, int from, int count) throws IOException {
        blob.update(bytes, from, count);
        out.write(bytes, from, count);
        position += count;
    }

    /** Bytes of the layer so far. */
    final long position() {
        return position;
    }

    /** Bytes of the archive so far. */
    final long plainSize() {
        return plainSize;
    }

    /** The layer's digest; it must be finished. */
    final Digest digest() {
        return Digest.of(Digest.Algorithm.SHA256, blob.digest());
    }

    /** The archive's digest; the layer must be finished. */
    final Digest diffId() {
        return Digest.of(Digest.Algorithm.SHA256, plain.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
