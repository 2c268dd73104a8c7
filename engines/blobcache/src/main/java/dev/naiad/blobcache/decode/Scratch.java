package dev.naiad.blobcache.decode;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A worker's buffers: grown on demand, shrunk after something large, freed when the worker ends.
 * Not for use by several threads.
 */
public final class Scratch implements AutoCloseable {
    private static final long ALIGNMENT = 4096;
    private static final long KEPT_BYTES = 2 << 20;

    private final Buffer stored = new Buffer();
    private final Buffer plain = new Buffer();

    /** For bytes as they come from the backend. */
    public MemorySegment stored(long bytes) {
        return stored.ofSize(bytes);
    }

    /** For decoded bytes. */
    public MemorySegment plain(long bytes) {
        return plain.ofSize(bytes);
    }

    /** Between two jobs. */
    public void shrink() {
        stored.shrink();
        plain.shrink();
    }

    @Override
    public void close() {
        stored.close();
        plain.close();
    }

    private static final class Buffer {
        private @Nullable Arena arena;
        private MemorySegment bytes = MemorySegment.NULL;

        @SuppressWarnings("MustBeClosedChecker") // by close()
        MemorySegment ofSize(long wanted) {
            if (bytes.byteSize() < wanted) {
                close();
                // Shared, because a backend may fill it on a thread of its own.
                var fresh = Arena.ofShared();
                bytes =
                        fresh.allocate(
                                Math.max(
                                        Long.highestOneBit(Math.max(1, wanted - 1)) << 1, 64 << 10),
                                ALIGNMENT);
                arena = fresh;
            }
            return bytes.asSlice(0, wanted);
        }

        void shrink() {
            if (bytes.byteSize() > KEPT_BYTES) {
                close();
            }
        }

        void close() {
            var old = arena;
            arena = null;
            bytes = MemorySegment.NULL;
            if (old != null) {
                old.close();
            }
        }
    }
}
