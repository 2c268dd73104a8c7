package dev.naiad.convert.pull;

import dev.naiad.backend.registry.RegistryRepository.Fetched;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;

/**
 * Where images are read from: a repository of a registry, an archive. Blobs are verified by whoever
 * reads them, manifests are verified here. For any number of threads.
 */
public interface ImageSource extends AutoCloseable {
    /** For errors. */
    String name();

    /**
     * A manifest or index.
     *
     * @param key tag or digest
     * @throws dev.naiad.base.error.NaiadException NOT_FOUND; DATA_LOSS if it is not what its digest
     *     says
     */
    Fetched manifest(String key, Deadline deadline);

    /** A blob from its beginning; errors may come with the first read. */
    InputStream blob(Digest digest, Deadline deadline);

    /** Fills the target with a part of a blob. */
    void read(Digest blob, long offset, MemorySegment target, Deadline deadline);

    @Override
    void close();
}
