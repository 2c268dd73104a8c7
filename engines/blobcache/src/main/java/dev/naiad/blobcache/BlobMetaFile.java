package dev.naiad.blobcache;

import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.blobcache.disk.CacheFileNames;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.StoredMeta;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The blob's own chunk table and its local form {@code <blob>.blob.meta}: decoded records, zeros up
 * to a page, then the header (docs/formats/blobcache.md#blob-meta). A valid local file is used as
 * it is, whoever wrote it: the snapshotter puts it there from the image, the original after its
 * first mount.
 */
final class BlobMetaFile {
    private static final Logger log = LoggerFactory.getLogger(BlobMetaFile.class);

    /**
     * 2^24 chunks at 24 bytes are 384 MiB; nobody has those, and memory is what an image must not
     * take from us.
     */
    private static final long MAX_BYTES = 256L << 20;

    private BlobMetaFile() {}

    /** Refuses sizes that no sane image has, before they are allocated. */
    static void checkSize(BlobInfo info) {
        var meta = info.meta();
        if (meta.compressedSize() <= 0
                || meta.compressedSize() > MAX_BYTES
                || meta.uncompressedSize() <= 0
                || meta.uncompressedSize() > MAX_BYTES) {
            throw new CorruptFormatException(
                    "blob " + info.id(),
                    -1,
                    "a chunk table of up to " + MAX_BYTES + " bytes",
                    meta.toString());
        }
    }

    /** Gives the job's blob its table: from the local file, else from the backend. */
    static void load(FetchJob job, Scratch scratch) {
        CachedBlob blob = job.owner();
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
        MemorySegment stored = scratch.stored(job.range().length());
        blob.fetchMeta(job.range(), stored, job.lane());
        // For the life of the daemon's handle on the blob; the collector frees it.
        MemorySegment file =
                Arena.ofAuto()
                        .allocate(BlobMeta.cacheFileSize(blob.info.meta().uncompressedSize()), 8);
        StoredMeta.decode(
                blob.info, stored, file, scratch.decoder().units(), blob + " chunk table");
        blob.shared.meta = BlobMeta.openCacheFile(blob.info, file, blob + " chunk table");
        path.ifPresent(target -> save(blob, file, target));
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

    private static Optional<BlobMeta> openLocal(CachedBlob blob, Path path) {
        try (var channel = FileChannel.open(path, StandardOpenOption.READ)) {
            if (channel.size() != BlobMeta.cacheFileSize(blob.info.meta().uncompressedSize())) {
                return Optional.empty();
            }
            // A copy and no map: the file may be removed and rewritten by others at any time.
            MemorySegment file = Arena.ofAuto().allocate(channel.size(), 8);
            ByteBuffer left = file.asByteBuffer();
            while (left.hasRemaining()) {
                if (channel.read(left) < 0) {
                    return Optional.empty();
                }
            }
            return Optional.of(BlobMeta.openCacheFile(blob.info, file, path.toString()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | CorruptFormatException e) {
            log.warn("{}: ignoring its local chunk table: {}", blob, e.getMessage());
            return Optional.empty();
        }
    }

    private static void save(CachedBlob blob, MemorySegment file, Path path) {
        Path temporary = path.resolveSibling(path.getFileName() + "." + UUID.randomUUID() + ".tmp");
        try {
            try (var channel =
                    FileChannel.open(
                            temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                ByteBuffer left = file.asByteBuffer();
                while (left.hasRemaining()) {
                    channel.write(left);
                }
            }
            Files.move(
                    temporary,
                    path,
                    StandardCopyOption.ATOMIC_MOVE,
                    StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            log.warn("{}: its chunk table is not kept: {}", blob, e.toString());
            try {
                Files.deleteIfExists(temporary);
            } catch (IOException again) {
                log.debug("{} stays behind: {}", temporary, again.toString());
            }
        }
    }
}
