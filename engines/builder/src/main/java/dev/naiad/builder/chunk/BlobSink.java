package dev.naiad.builder.chunk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * A blob while it is written: strictly in sequence, so that a pipe will do; counts and hashes what
 * passes. For one thread at a time.
 */
public final class BlobSink {
    private final WritableByteChannel channel;
    private final String name;
    private final MessageDigest sha256;
    private final long start;
    private long position;

    /**
     * @param name of the blob's file, for errors; the channel stays the caller's to close
     */
    public BlobSink(WritableByteChannel channel, String name) {
        this(channel, name, 0);
    }

    /**
     * The same for a blob that is a part of a larger file.
     *
     * @param start where it begins there; positions count from the start of the file
     */
    public BlobSink(WritableByteChannel channel, String name, long start) {
        this.channel = channel;
        this.start = start;
        this.position = start;
        this.name = name;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Announces what comes, before it is written, if the channel asks for it. */
    void announce(
            long offset,
            int storedSize,
            int plainSize,
            boolean compressed,
            int crc32c,
            int storedCrc32c) {
        if (channel instanceof BlobWitness witness) {
            witness.stored(offset, storedSize, plainSize, compressed, crc32c, storedCrc32c);
        }
    }

    /** Whether the channel asks for announcements. */
    boolean isWitnessed() {
        return channel instanceof BlobWitness;
    }

    /** Writes all that remains in the buffer. */
    public void write(ByteBuffer bytes) {
        position += bytes.remaining();
        sha256.update(bytes.duplicate());
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            var kind =
                    String.valueOf(e.getMessage()).contains("No space left")
                            ? ErrorKind.NO_SPACE
                            : ErrorKind.UNAVAILABLE;
            throw new NaiadException(kind, name + ": cannot write the blob: " + e.getMessage(), e);
        }
    }

    public void write(byte[] bytes) {
        write(ByteBuffer.wrap(bytes));
    }

    /** Where the next byte goes: the bytes written so far, unless the blob has an offset. */
    public long position() {
        return position;
    }

    /** Bytes written so far. */
    public long written() {
        return position - start;
    }

    public String name() {
        return name;
    }

    /** SHA-256 of what has been written so far. */
    public byte[] sha256SoFar() {
        try {
            return ((MessageDigest) sha256.clone()).digest();
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("the JDK's SHA-256 can be cloned", e);
        }
    }

    /** SHA-256 of everything written; ends the hashing. */
    public byte[] sha256() {
        return sha256.digest();
    }
}
