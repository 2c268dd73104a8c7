package dev.naiad.blobcache;

import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.base.file.PendingFile;
import dev.naiad.blobcache.decode.ChunkDecoder;
import dev.naiad.blobcache.disk.CacheFileNames;
import dev.naiad.linux.FdSource;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.StoredMeta;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blob's own chunk table and its local form {@code <blob>.blob.meta}: decoded records, zeros up
 * to a page, then the header (docs/formats/blobcache.md#blob-meta). A valid local file is used as
 * it is, whoever wrote it: the snapshotter puts it there from the image, the original after its
 * first mount.
 */
final class BlobMetaFile {
    private static final Logger LOG = LoggerFactory.getLogger(BlobMetaFile.class);

    private BlobMetaFile() {}

    /**
     * Gives the blob its table: from the local file, else from the backend.
     *
     * @param range where the table and its header are in the blob that has them
     */
    static void load(CachedBlob blob, ByteRange range, Lane lane, ChunkDecoder decoder) {
        if (blob.shared.meta != null) {
            return;
        }
        var path =
                blob.shared
                        .key
                        .directory()
                        .map(directory -> CacheFileNames.meta(directory, blob.id()));
        var local = path.flatMap(file -> openLocal(blob, file)).or(() -> besideIt(blob));
        if (local.isPresent()) {
            blob.shared.meta = local.get();
            return;
        }
        MemorySegment stored = decoder.scratch().stored(range.length());
        blob.fetchMeta(range, stored, lane);
        String what = blob + " chunk table";
        if (path.isPresent()) {
            try (var arena = Arena.ofConfined()) {
                var file = decode(blob, stored, decoder, arena, what);
                // Checked before it gets its name.
                var meta = BlobMeta.openCacheFile(blob.info, file, what);
                if (save(blob, file, path.get())) {
                    var kept = openLocal(blob, path.get());
                    if (kept.isPresent()) {
                        blob.shared.meta = kept.get();
                        return;
                    }
                }
                LOG.debug("{} with {} chunks is held in memory", what, meta.count());
            }
        }
        // For the life of the daemon's handle on the blob; the collector frees it.
        var file = decode(blob, stored, decoder, Arena.ofAuto(), what);
        blob.shared.meta = BlobMeta.openCacheFile(blob.info, file, what);
    }

    private static MemorySegment decode(
            CachedBlob blob,
            MemorySegment stored,
            ChunkDecoder decoder,
            SegmentAllocator memory,
            String what) {
        MemorySegment file =
                memory.allocate(BlobMeta.cacheFileSize(blob.info.meta().uncompressedSize()), 8);
        StoredMeta.decode(blob.info, stored, file, decoder.units(), what);
        return file;
    }

    /**
     * compat: an image brings the table under the name of the blob that has it, and the snapshotter
     * puts it into the cache directory under that name.
     */
    private static Optional<BlobMeta> besideIt(CachedBlob blob) {
        var directory = blob.shared.key.directory();
        if (!blob.info.has(BlobFeatures.SEPARATE) || !blob.info.namesMetaBlob()) {
            return Optional.empty();
        }
        return directory.flatMap(
                path -> openLocal(blob, CacheFileNames.meta(path, blob.info.metaBlob().id())));
    }

    /**
     * A copy of its records and no map: the file may be shortened by others at any time. What is
     * read later comes through the descriptor, whatever then has the file's name.
     */
    private static Optional<BlobMeta> openLocal(CachedBlob blob, Path path) {
        if (Files.notExists(path)) {
            return Optional.empty();
        }
        FdSource opened = null;
        try {
            opened = FdSource.open(path);
            if (opened.size() != BlobMeta.cacheFileSize(blob.info.meta().uncompressedSize())) {
                return Optional.empty();
            }
            var meta = BlobMeta.openCacheFile(blob.info, opened, Arena.ofAuto(), path.toString());
            if (meta.readsLater()) {
                blob.shared.ownTable(opened);
                opened = null;
            }
            return Optional.of(meta);
        } catch (NaiadException e) {
            if (e.kind() != ErrorKind.NOT_FOUND) {
                LOG.warn("{}: ignoring its local chunk table: {}", blob, e.getMessage());
            }
            return Optional.empty();
        } finally {
            if (opened != null) {
                opened.close();
            }
        }
    }

    /** Answers whether it is there. */
    private static boolean save(CachedBlob blob, MemorySegment file, Path path) {
        try (var pending = PendingFile.beside(path)) {
            pending.write(file.asByteBuffer());
            pending.replace(PendingFile.Sync.NONE);
            return true;
        } catch (IOException e) {
            LOG.warn("{}: its chunk table is not kept: {}", blob, e.toString());
            return false;
        }
    }
}
