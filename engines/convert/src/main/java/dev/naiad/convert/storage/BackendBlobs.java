package dev.naiad.convert.storage;

import dev.naiad.backend.store.Content;
import dev.naiad.backend.store.WritableBackend;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.convert.files.WorkDir;
import dev.naiad.convert.push.BlobStore;
import dev.naiad.convert.push.BlobWriter;
import java.nio.file.Files;
import java.util.OptionalLong;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Blobs in a storage backend, named by the digits of their digest. A blob is written to a file of
 * the working directory first: objects have their name from the first byte on, and a blob's is
 * known after the last; and so a broken upload goes on where it was.
 */
public final class BackendBlobs implements BlobStore {
    private static final Logger LOG = LoggerFactory.getLogger(BackendBlobs.class);

    private final WritableBackend backend;
    private final WorkDir work;
    private final boolean force;

    /**
     * @param backend stays the caller's to close
     * @param force sends blobs that are there already
     */
    public BackendBlobs(WritableBackend backend, WorkDir work, boolean force) {
        this.backend = backend;
        this.work = work;
        this.force = force;
    }

    @Override
    public boolean hasBlob(Digest digest, Deadline deadline) {
        return !force && size(digest, deadline).isPresent();
    }

    /** With permission to write but not to look, everything is sent. */
    private OptionalLong size(Digest digest, Deadline deadline) {
        try {
            return backend.size(digest.hex(), deadline);
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.PERMISSION_DENIED) {
                throw e;
            }
            LOG.debug("cannot tell whether it is there: {}", e.getMessage());
            return OptionalLong.empty();
        }
    }

    @Override
    public void putBlob(Digest digest, byte[] bytes, Deadline deadline) {
        put(digest, Content.of(bytes), n -> {}, deadline);
    }

    private void put(Digest digest, Content content, LongConsumer progress, Deadline deadline) {
        OptionalLong there = force ? OptionalLong.empty() : size(digest, deadline);
        if (there.isPresent() && there.getAsLong() == content.size()) {
            LOG.info("blob {} is in the backend already", digest);
            return;
        }
        backend.put(digest.hex(), content, progress, deadline);
    }

    @Override
    public BlobWriter writer(Deadline deadline, LongConsumer progress) {
        return new SpooledBlob(
                work.file("blob-"),
                n -> {},
                (digest, file) -> {
                    put(digest, Content.of(file), progress, deadline);
                    Files.deleteIfExists(file);
                });
    }
}
