package dev.naiad.blobcache.disk;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import java.nio.file.Path;

/**
 * The names of a blob's files. compat: the snapshotter finds, counts and removes the files by these
 * names, and the original opens them.
 */
public final class CacheFileNames {
    private CacheFileNames() {}

    /** Uncompressed bytes at uncompressed offsets. */
    public static Path data(Path directory, String blobId) {
        return of(directory, blobId, ".blob.data");
    }

    /**
     * Bytes as stored in the blob, at compressed offsets; in place of {@link #data} where the cache
     * keeps compressed bytes.
     */
    public static Path raw(Path directory, String blobId) {
        return of(directory, blobId, ".blob.raw");
    }

    /** The bitmap, named after the data file in both modes. */
    public static Path chunkMap(Path directory, String blobId) {
        return of(directory, blobId, ".blob.data.chunk_map");
    }

    /** The chunk table in its local form. */
    public static Path meta(Path directory, String blobId) {
        return of(directory, blobId, ".blob.meta");
    }

    private static Path of(Path directory, String blobId, String suffix) {
        // An id comes from an image, which may be hostile: it must not leave the directory.
        if (blobId.isEmpty()
                || blobId.length() > 128
                || !blobId.chars().allMatch(CacheFileNames::isPlain)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT, "blob id \"" + blobId + "\" cannot be a file name");
        }
        return directory.resolve(blobId + suffix);
    }

    private static boolean isPlain(int c) {
        return (c >= '0' && c <= '9')
                || (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || c == '_'
                || c == '-';
    }
}
