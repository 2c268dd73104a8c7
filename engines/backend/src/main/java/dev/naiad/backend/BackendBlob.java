package dev.naiad.backend;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;

/**
 * A blob of a backend as a source of bytes. Each read is one request. The backend stays the
 * caller's to close.
 *
 * @param deadline for all reads together
 */
public record BackendBlob(
        Backend backend, String blobId, long size, ReadPriority priority, Deadline deadline)
        implements ByteSource {

    /** Asks the backend for the size, which also shows whether it has the blob. */
    public static BackendBlob open(
            Backend backend, String blobId, ReadPriority priority, Deadline deadline) {
        return new BackendBlob(backend, blobId, backend.size(blobId, deadline), priority, deadline);
    }

    @Override
    public void read(long offset, MemorySegment target) {
        if (offset < 0 || target.byteSize() > size - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name() + ": " + target.byteSize() + " bytes at " + offset + " of " + size);
        }
        if (target.byteSize() > 0) {
            backend.read(blobId, offset, target, priority, deadline);
        }
    }

    @Override
    public String name() {
        return "blob " + blobId + " (" + backend.type() + ")";
    }
}
