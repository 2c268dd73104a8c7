package dev.naiad.dfdaemon.task;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.dfdaemon.storage.Sha256;
import dev.naiad.dfdaemon.storage.StoredTask;
import dev.naiad.dragonfly.TaskIds;
import dev.naiad.dragonfly.api.common.TrafficType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** A registry's blob is named by its SHA-256, so the whole of it can be checked. */
final class BlobDigestCheck implements WholeCheck {
    private final BiConsumer<StoredTask, Set<String>> forget;

    /** {@code forget} removes a spoiled task and remembers the hosts that brought its pieces. */
    BlobDigestCheck(BiConsumer<StoredTask, Set<String>> forget) {
        this.forget = forget;
    }

    @Override
    public @Nullable NaiadException run(StoredTask task) {
        Optional<String> expected = TaskIds.blobDigest(task.meta().url());
        if (expected.isEmpty()) {
            return null;
        }
        try {
            Sha256 actual = hash(task);
            if (actual.hex().equals(expected.get())) {
                return null;
            }
            return new NaiadException(
                    ErrorKind.DATA_LOSS,
                    "task " + task.meta().taskId() + ": the content has digest " + actual);
        } catch (IOException e) {
            return new NaiadException(
                    ErrorKind.DATA_LOSS, task + ": cannot be read back: " + e.getMessage(), e);
        } catch (NaiadException e) {
            return e;
        }
    }

    /** The SHA-256 of all bytes of a complete task. */
    static Sha256 hash(StoredTask task) throws IOException {
        MessageDigest sha;
        try {
            sha = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        long left = task.meta().contentLength();
        try (var content = task.openContent()) {
            while (left > 0) {
                buffer.clear().limit((int) Math.min(buffer.capacity(), left));
                int read = content.read(buffer);
                if (read <= 0) {
                    throw new IOException("the content file is shorter than its content");
                }
                sha.update(buffer.flip());
                left -= read;
            }
        }
        return new Sha256(sha.digest());
    }

    @Override
    public void spoiled(StoredTask task, Iterable<Parent> parents) {
        var brought = new HashSet<String>();
        for (int piece = 0; piece < task.layout().count(); piece++) {
            task.piece(piece)
                    .filter(record -> record.traffic() == TrafficType.REMOTE_PEER)
                    .ifPresent(record -> brought.add(record.parentId()));
        }
        var hosts = new HashSet<String>();
        for (Parent parent : parents) {
            if (brought.contains(parent.peerId())) {
                hosts.add(parent.hostId());
            }
        }
        forget.accept(task, hosts);
    }
}
