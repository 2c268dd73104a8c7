package dev.naiad.dfdaemon.storage;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.zip.CRC32;

/**
 * Writes one piece into the content file while hashing it. The piece exists only after {@link
 * #commit}; bytes written before are overwritten by the next try. For one thread.
 */
public final class PieceWriter implements AutoCloseable {
    private final StoredTask task;
    private final int number;
    private final long offset;
    private final long length;
    private final FileChannel channel;
    private final CRC32 crc = new CRC32();
    private final MessageDigest sha;
    private long written;

    PieceWriter(StoredTask task, int number, FileChannel channel) {
        this.task = task;
        this.number = number;
        this.offset = task.layout().offset(number);
        this.length = task.layout().length(number);
        this.channel = channel;
        try {
            this.sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    /** How many bytes are still missing. */
    public long remaining() {
        return length - written;
    }

    /** Appends the remaining bytes of {@code bytes}; more than the piece has is an error. */
    public void write(ByteBuffer bytes) {
        if (bytes.remaining() > remaining()) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS, name() + ": more than its " + length + " bytes came");
        }
        crc.update(bytes.duplicate());
        sha.update(bytes.duplicate());
        int size = bytes.remaining();
        try {
            PieceMapFile.writeFully(channel, bytes, offset + written);
        } catch (IOException e) {
            throw StoreErrors.of(name() + ": cannot write", e);
        }
        written += size;
    }

    /** The CRC-32 of what was written so far. */
    public long crc32() {
        return crc.getValue();
    }

    /** Makes the piece present. Fails if bytes are missing; ends the writer's use. */
    public PieceRecord commit(
            TrafficType traffic, String parentId, Duration cost, Instant createdAt, Check check) {
        if (remaining() != 0) {
            throw new NaiadException(
                    ErrorKind.DATA_LOSS,
                    name() + ": expected length " + length + " but got " + written);
        }
        var piece =
                new PieceRecord(
                        number,
                        offset,
                        length,
                        crc.getValue(),
                        new Sha256(sha.digest()),
                        traffic,
                        parentId,
                        cost,
                        createdAt);
        check.accept(piece);
        task.commit(piece);
        return piece;
    }

    /** Looks at a piece before it becomes present; throws to refuse it. */
    @FunctionalInterface
    public interface Check {
        Check NONE = piece -> {};

        void accept(PieceRecord piece);
    }

    private String name() {
        return "task " + task.meta().taskId() + " piece " + number;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw StoreErrors.of(name() + ": cannot close", e);
        }
    }
}
