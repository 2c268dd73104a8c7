package dev.naiad.convert.push;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import java.util.function.LongConsumer;

/**
 * Where the blobs of an image go: the target itself, or a storage backend beside it. For any number
 * of threads.
 */
public interface BlobStore {
    /** Whether the blob is there already. */
    boolean hasBlob(Digest digest, Deadline deadline);

    /** Stores a small blob unless it is there. */
    void putBlob(Digest digest, byte[] bytes, Deadline deadline);

    /**
     * Takes a blob whose digest is known at its end only.
     *
     * @param progress told how many bytes have arrived
     */
    BlobWriter writer(Deadline deadline, LongConsumer progress);
}
