package dev.naiad.blobcache;

import dev.naiad.base.error.NaiadException;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Where an asynchronous read ends: exactly one of the two methods is called, once, always (at the
 * latest after the read timeout). Usually on a thread of the engine, which must not be kept: write
 * the answer and return. A read that turns out to need nothing is answered on the caller's thread
 * before {@link MountCache#read} returns.
 */
public interface ReadCallback {
    /**
     * The bytes, one segment for each slice in order; native memory, valid until the method
     * returns.
     */
    void onReady(List<MemorySegment> pieces);

    /** There are no bytes; the kind says which errno fits. The next read tries again. */
    void onFailure(NaiadException failure);
}
