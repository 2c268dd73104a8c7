package dev.naiad.backend;

import dev.naiad.base.concurrent.Deadline;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;

/**
 * Where blobs come from: content-addressed objects by their id, read by ranges. Blocking, for
 * virtual threads, safe for any number of them. Retries, mirrors, token renewal, redirects and TLS
 * policy are behind this interface and nowhere else; callers never retry.
 *
 * <p>Errors are {@link dev.naiad.base.error.NaiadException}s that name blob and range: NOT_FOUND,
 * UNAUTHENTICATED, PERMISSION_DENIED, RESOURCE_EXHAUSTED (rate limited), UNAVAILABLE and
 * DEADLINE_EXCEEDED after the retries, OUT_OF_RANGE for a range behind the blob's end. A target is
 * either filled wholly or the call throws; what it then holds is undefined.
 */
public interface Backend extends AutoCloseable {
    /**
     * {@code registry}, {@code localfs}, {@code http-proxy}, {@code s3} or {@code oss}, as in the
     * configuration.
     */
    String type();

    /** Size of a blob in bytes. */
    long size(String blobId, Deadline deadline);

    /**
     * Fills the target with the bytes from {@code offset} on. The target is borrowed for the call:
     * native or heap, never kept.
     */
    void read(
            String blobId,
            long offset,
            MemorySegment target,
            ReadPriority priority,
            Deadline deadline);

    /**
     * {@link #read(String, long, MemorySegment, ReadPriority, Deadline)} with all options. A
     * backend without mirrors, or that cannot tell how far it is, does what it can.
     */
    default void read(String blobId, long offset, MemorySegment target, ReadOptions options) {
        read(blobId, offset, target, options.priority(), options.deadline());
        options.progress().accept(target.byteSize());
    }

    /**
     * The blob from {@code offset} to its end as a stream, in one request where that is possible; a
     * broken connection is resumed. Close it always. Reads fail with unchecked exceptions as above.
     */
    InputStream stream(String blobId, long offset, ReadPriority priority, Deadline deadline);

    BackendCounters metrics();

    /**
     * Changes a setting of the running backend ({@code registry_auth}, {@code proxy_url}).
     *
     * @return false if this backend has no such setting
     */
    default boolean reconfigure(String key, String value) {
        return false;
    }

    /** Ends running reads with errors. */
    @Override
    void close();
}
