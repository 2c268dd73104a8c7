package dev.naiad.blobcache;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.blobcache.chunkmap.BootId;
import dev.naiad.blobcache.disk.CacheFile;
import dev.naiad.linux.ErrnoException;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blobs that a daemon has open, one entry for all mounts that keep it the same way in the same
 * directory. Safe for use by many threads.
 */
final class SharedBlobs {
    private static final Logger LOG = LoggerFactory.getLogger(SharedBlobs.class);

    private final BootId boot;

    @GuardedBy("blobs") private final Map<SharedBlob.Key, SharedBlob> blobs = new HashMap<>();

    /**
     * @param boot what was cached under another one is checked first
     */
    SharedBlobs(BootId boot) {
        this.boot = boot;
    }

    /** A reference on the blob's files, opened at the first. */
    SharedBlob share(CacheConfig config, BlobInfo info) {
        var key =
                new SharedBlob.Key(
                        config.workDir().map(Path::toAbsolutePath),
                        // Stretches of a gzip stream overlap, and cost more to decode each time.
                        config.keepsCompressed() && !info.has(BlobFeatures.ZRAN),
                        info.id());
        synchronized (blobs) {
            SharedBlob present = blobs.get(key);
            if (present != null && present.retain()) {
                if (present.chunks().count() != info.chunkCount()) {
                    present.release();
                    throw new NaiadException(
                            ErrorKind.INVALID_ARGUMENT,
                            present
                                    + " has "
                                    + present.chunks().count()
                                    + " chunks in one image and "
                                    + info.chunkCount()
                                    + " in another");
                }
                return present;
            }
            var opened = new SharedBlob(key, openFile(key, info), info.chunkCount(), this::forget);
            blobs.put(key, opened);
            return opened;
        }
    }

    Set<String> blobsInUse() {
        synchronized (blobs) {
            var ids = new LinkedHashSet<String>();
            blobs.keySet().forEach(key -> ids.add(key.blobId()));
            return ids;
        }
    }

    private void forget(SharedBlob blob) {
        synchronized (blobs) {
            blobs.remove(blob.key, blob);
        }
    }

    private @Nullable CacheFile openFile(SharedBlob.Key key, BlobInfo info) {
        Optional<Path> directory = key.directory();
        long length = key.keepsCompressed() ? info.compressedDataSize() : info.uncompressedSize();
        if (directory.isEmpty() || info.chunkCount() == 0 || length <= 0) {
            return null;
        }
        try {
            return CacheFile.open(
                    directory.get(),
                    key.blobId(),
                    key.keepsCompressed(),
                    length,
                    info.chunkCount(),
                    boot);
        } catch (IOException | ErrnoException e) {
            LOG.warn(
                    "blob {}: no cache file in {}, reads go on uncached: {}",
                    key.blobId(),
                    directory.get(),
                    e.toString());
            return null;
        }
    }
}
