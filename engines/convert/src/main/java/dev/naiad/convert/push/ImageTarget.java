package dev.naiad.convert.push;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.ImageSource;

/**
 * Where images are written to: a repository of a registry, an archive. What is written is not an
 * image for anyone before {@link #putManifest} has stored it under a tag.
 */
public interface ImageTarget extends BlobStore, AutoCloseable {
    /** For errors. */
    String name();

    /** Fails if nothing may be written, so that nobody pulls gigabytes in vain. */
    void prepare();

    /** Takes a blob over without moving its bytes; false if that is not possible. */
    boolean mount(Digest digest, ImageSource from, Deadline deadline);

    /**
     * Stores a manifest or an index.
     *
     * @param key tag or digest
     */
    void putManifest(String key, String mediaType, byte[] bytes, Deadline deadline);

    @Override
    void close();
}
