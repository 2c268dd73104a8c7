package dev.naiad.blobcache;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;

/**
 * The blob's own chunk table ({@code <blob>.blob.meta}): fetched where the bootstrap's list is not
 * enough.
 */
final class BlobMetaFile {
    private BlobMetaFile() {}

    static void fetch(FetchJob job, Scratch scratch) {
        throw new NaiadException(
                ErrorKind.UNIMPLEMENTED,
                job.owner() + ": its chunk table is not read yet" + scratch.stored(0).byteSize());
    }
}
