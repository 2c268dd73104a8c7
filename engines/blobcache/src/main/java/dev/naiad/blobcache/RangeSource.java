package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;

/** PROVISIONAL: becomes the backend's own interface as soon as it is on main. */
public interface RangeSource {
    /**
     * Reads exactly the range; {@code progress} gets the number of bytes that are there so far, on
     * the caller's thread.
     */
    void read(
            ByteRange range,
            MemorySegment target,
            boolean prefetch,
            boolean direct,
            LongConsumer progress);
}
