package dev.naiad.convert.image;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A blob of a storage backend. Small reads that follow each other, as chunks do, become one request
 * for the window around them. Safe for many threads; the backend stays the caller's to close.
 */
final class BackendSource implements ByteSource {
    private static final int WINDOW = 4 << 20;

    private record Window(long offset, MemorySegment bytes) {
        boolean holds(long from, long length) {
            return from >= offset && from + length <= offset + bytes.byteSize();
        }
    }

    private final Backend backend;
    private final String blobId;
    private final long size;
    private final AtomicReference<Window> window =
            new AtomicReference<>(new Window(0, MemorySegment.ofArray(new byte[0])));

    private BackendSource(Backend backend, String blobId, long size) {
        this.backend = backend;
        this.blobId = blobId;
        this.size = size;
    }

    /** Asks for the size, which shows whether the blob is there. */
    static BackendSource open(Backend backend, String blobId) {
        return new BackendSource(backend, blobId, backend.size(blobId, Deadline.never()));
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long offset, MemorySegment target) {
        long length = target.byteSize();
        if (offset < 0 || length > size - offset) {
            throw new NaiadException(
                    ErrorKind.OUT_OF_RANGE,
                    name() + ": " + length + " bytes at " + offset + " of " + size);
        }
        if (length >= WINDOW) {
            fetch(offset, target);
            return;
        }
        var held = window.get();
        if (!held.holds(offset, length)) {
            held =
                    new Window(
                            offset,
                            MemorySegment.ofArray(new byte[(int) Math.min(WINDOW, size - offset)]));
            fetch(offset, held.bytes);
            window.set(held);
        }
        MemorySegment.copy(held.bytes, offset - held.offset, target, 0, length);
    }

    private void fetch(long offset, MemorySegment target) {
        if (target.byteSize() > 0) {
            backend.read(blobId, offset, target, ReadPriority.PREFETCH, Deadline.never());
        }
    }

    @Override
    public String name() {
        return "blob " + blobId + " (" + backend.type() + ")";
    }
}
