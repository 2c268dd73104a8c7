package dev.naiad.convert.image;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.layers.WindowedSource;
import java.lang.foreign.MemorySegment;

/** A blob of a storage backend, which stays the caller's to close. */
record BackendSource(Backend backend, String blobId, long size) implements ByteSource {
    /** Asks for the size, which shows whether the blob is there; small reads share requests. */
    static ByteSource open(Backend backend, String blobId) {
        return new WindowedSource(
                new BackendSource(backend, blobId, backend.size(blobId, Deadline.never())));
    }

    @Override
    public void read(long offset, MemorySegment target) {
        if (offset < 0 || target.byteSize() > size - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name() + ": " + target.byteSize() + " bytes at " + offset + " of " + size);
        }
        if (target.byteSize() > 0) {
            backend.read(blobId, offset, target, ReadPriority.PREFETCH, Deadline.never());
        }
    }

    @Override
    public String name() {
        return "blob " + blobId + " (" + backend.type() + ")";
    }
}
