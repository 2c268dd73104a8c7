package dev.naiad.snapshotter.snapshots;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.linux.DirectoryTree;
import dev.naiad.snapshotter.store.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files that nydusd keeps of a blob, counted and deleted with the last layer that names the
 * blob. Thread-safe.
 */
public final class BlobCacheFiles {
    private static final Logger LOG = LoggerFactory.getLogger(BlobCacheFiles.class);

    /** In the order of deletion: first what says that data is there, then the data. */
    private static final List<String> SUFFIXES =
            List.of(
                    ".chunk_map",
                    ".blob.data.chunk_map",
                    ".blob.meta",
                    "",
                    ".blob.data",
                    ".blob.data.naiad_checked",
                    ".blob.data.naiad_synced",
                    ".image.boot",
                    ".image.disk",
                    ".layer.disk");

    private final Path dir;
    private final Set<Digest> candidates = ConcurrentHashMap.newKeySet();

    public BlobCacheFiles(Path dir) {
        this.dir = dir;
    }

    Usage usage(Digest blob) {
        Usage sum = Usage.NONE;
        for (String suffix : SUFFIXES) {
            Path file = dir.resolve(blob.hex() + suffix);
            if (Files.exists(file)) {
                try {
                    DirectoryTree.Size size = DirectoryTree.size(file);
                    sum = sum.plus(new Usage(size.bytes(), size.inodes()));
                } catch (IOException e) {
                    throw new NaiadException(
                            ErrorKind.INTERNAL, "disk usage of " + file + ": " + e.getMessage(), e);
                }
            }
        }
        return sum;
    }

    /** A layer with this blob was removed; its files may go unless another layer has it too. */
    void candidate(Digest blob) {
        candidates.add(blob);
    }

    /** Deletes the files of candidates that are no longer used. */
    void collect(Predicate<Digest> used) {
        for (Digest blob : Set.copyOf(candidates)) {
            candidates.remove(blob);
            if (!used.test(blob)) {
                delete(blob);
            }
        }
    }

    private void delete(Digest blob) {
        for (String suffix : SUFFIXES) {
            Path file = dir.resolve(blob.hex() + suffix);
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                LOG.warn("cache file {} stays: {}", file, e.getMessage());
            }
        }
    }
}
