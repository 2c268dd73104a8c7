package dev.naiad.blobcache;

import dev.naiad.backend.Backend;
import dev.naiad.backend.ReadOptions;
import dev.naiad.backend.ReadPriority;
import dev.naiad.base.bytes.ByteRange;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.rafs.BlobChunks;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.blob.BlobMeta;
import dev.naiad.rafs.blob.JoinedChunks;
import java.lang.foreign.MemorySegment;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A mount's handle on a blob: its chunk list and backend over the files and flights that all mounts
 * share. Made by {@link MountCache#open}, closed with the mount. Safe for use by many threads.
 */
public final class CachedBlob {
    /**
     * The largest chunk the format allows; more in a record is corrupt and would be an attack on
     * our memory.
     */
    private static final int MAX_CHUNK_BYTES = 16 << 20;

    /** Stretches of gzip streams may be larger than a chunk. */
    private static final int MAX_UNIT_BYTES = 64 << 20;

    /** The bootstrap does not know where their chunks are. */
    private static final int NEEDS_META = BlobFeatures.BATCH | BlobFeatures.ZRAN;

    final MountCache mount;
    final SharedBlob shared;
    final BlobInfo info;
    final Backend backend;

    /** Guarded by the lock of {@link Flights}. */
    boolean closed;

    /** Jobs that use this handle now. Guarded by the lock of {@link Flights}. */
    int running;

    /** What the bootstrap says: all of it, or only which chunks there are and their digests. */
    private final BlobChunks listed;

    private final boolean needsMeta;
    private volatile @Nullable BlobChunks joined;

    CachedBlob(
            MountCache mount,
            SharedBlob shared,
            BlobInfo info,
            BlobChunks listed,
            Backend backend) {
        this.mount = mount;
        this.shared = shared;
        this.info = info;
        this.backend = backend;
        this.listed = listed;
        this.needsMeta = info.has(NEEDS_META);
    }

    /** Its id: the name in the registry and of the cache files. */
    public String id() {
        return info.id();
    }

    /** What the bootstrap says about it. */
    public BlobInfo info() {
        return info;
    }

    /** Chunks that the local cache holds. */
    public int readyChunks() {
        return shared.chunks().readyCount();
    }

    /** The list that knows the chunk, or null: the blob's own table must be fetched first. */
    @Nullable BlobChunks listOf(int chunk) {
        if (chunk < 0 || chunk >= info.chunkCount()) {
            throw new CorruptFormatException(
                    shared.toString(),
                    -1,
                    "a chunk index below " + info.chunkCount(),
                    Integer.toString(chunk));
        }
        if (!needsMeta && isWanted(chunk)) {
            return listed;
        }
        var meta = shared.meta;
        if (meta == null) {
            BlobMetaFile.checkSize(info);
            return null;
        }
        if (!meta.isKnown(chunk)) {
            throw new CorruptFormatException(
                    shared.toString(), -1, "a chunk that its table lists", "chunk " + chunk);
        }
        return needsMeta ? joinedWith(meta) : meta;
    }

    private BlobChunks joinedWith(BlobMeta meta) {
        var known = joined;
        if (known == null) {
            known = new JoinedChunks(meta, listed);
            joined = known;
        }
        return known;
    }

    /** The list for a chunk whose list is there: {@link #listOf} was asked before. */
    BlobChunks knownListOf(int chunk) {
        var list = listOf(chunk);
        if (list == null) {
            throw new NaiadException(
                    ErrorKind.INTERNAL, shared + ": no chunk table for chunk " + chunk);
        }
        return list;
    }

    /**
     * Whether prefetch can do without the blob's own table: chunks that the bootstrap does not list
     * are not part of the image.
     */
    boolean isListed() {
        return !needsMeta || shared.meta != null;
    }

    /** Whether the chunk is part of the image as far as is known. */
    boolean isWanted(int chunk) {
        return chunk < listed.count() && listed.isKnown(chunk);
    }

    /**
     * Checks a record before it is used: it may come from a hostile image.
     *
     * @throws CorruptFormatException if it leads outside the blob or is larger than any chunk
     */
    void check(BlobChunks list, int chunk) {
        long size = list.uncompressedSize(chunk);
        long at = list.uncompressedOffset(chunk);
        boolean inPlace =
                size > 0
                        && size <= MAX_CHUNK_BYTES
                        && at >= 0
                        && at <= info.uncompressedSize() - size
                        && ((list.isBatch(chunk) || list.isZran(chunk))
                                ? isUnitInPlace(list, chunk, size)
                                : isStoredInPlace(list, chunk, size));
        if (!inPlace) {
            throw new CorruptFormatException(
                    shared + " chunk " + chunk,
                    -1,
                    "a place within "
                            + info.compressedDataSize()
                            + "/"
                            + info.uncompressedSize()
                            + " bytes",
                    size + " bytes at " + at + " of " + list.unit(chunk));
        }
    }

    /** Of most chunks: no object is made, because every cached read passes here. */
    private boolean isStoredInPlace(BlobChunks list, int chunk, long size) {
        long stored = list.compressedSize(chunk);
        long at = list.compressedOffset(chunk);
        return stored > 0
                && stored <= 2L * MAX_CHUNK_BYTES
                && at >= 0
                && at <= info.compressedDataSize() - stored
                && (list.isCompressed(chunk) || list.isEncrypted(chunk) || stored == size);
    }

    private boolean isUnitInPlace(BlobChunks list, int chunk, long size) {
        var unit = list.unit(chunk);
        return unit.size() > 0
                && unit.size() <= MAX_UNIT_BYTES
                && unit.plainSize() <= MAX_UNIT_BYTES
                && unit.offset() >= 0
                && unit.offset() <= info.compressedDataSize() - unit.size()
                && list.unitOffset(chunk) <= unit.plainSize() - size;
    }

    /** Checks the chunk's record and that the slice lies within it. */
    void check(BlobChunks list, ChunkSlice slice) {
        check(list, slice.chunk());
        int size = list.uncompressedSize(slice.chunk());
        if (slice.offset() + slice.length() > size) {
            throw new CorruptFormatException(
                    shared + " chunk " + slice.chunk(),
                    -1,
                    "at least " + (slice.offset() + slice.length()) + " bytes",
                    size + " bytes");
        }
    }

    /** Whether the slice can be read from the mapped cache file now. */
    boolean isReady(ChunkSlice slice) {
        return shared.servesViews()
                && listOf(slice.chunk()) != null
                && shared.chunks().isReady(slice.chunk());
    }

    /**
     * Whether the cache file has the chunk, or is said to have it and can be asked: without digest
     * and CRC nothing can be checked, and what another boot left counts as missing.
     */
    boolean isHeld(int chunk) {
        if (shared.chunks().isReady(chunk)) {
            return true;
        }
        if (!shared.chunks().isUnchecked(chunk)) {
            return false;
        }
        var list = listOf(chunk);
        return list == null || list.hasDigest(chunk) || list.hasCrc(chunk);
    }

    /** Reads a range of the stored blob from the backend. */
    void fetch(
            ByteRange range,
            MemorySegment target,
            FetchJob.Lane lane,
            boolean direct,
            LongConsumer progress) {
        fetch(info.id(), range, target, lane, direct, progress);
    }

    /**
     * Reads a range of the blob that has the chunk table.
     *
     * @throws NaiadException FAILED_PRECONDITION if nobody knows its name
     */
    void fetchMeta(ByteRange range, MemorySegment target, FetchJob.Lane lane) {
        if (!info.namesMetaBlob()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    this
                            + ": the image does not name the blob with its chunk table,"
                            + " and the cache directory has no "
                            + info.id()
                            + ".blob.meta");
        }
        fetch(info.metaBlob().id(), range, target, lane, false, bytes -> {});
    }

    private void fetch(
            String id,
            ByteRange range,
            MemorySegment target,
            FetchJob.Lane lane,
            boolean direct,
            LongConsumer progress) {
        var priority = lane == FetchJob.Lane.READ ? ReadPriority.USER : ReadPriority.PREFETCH;
        var options = new ReadOptions(priority, mount.fetchDeadline(), direct, progress);
        backend.read(id, range.offset(), target, options);
        mount.fetched(range.length(), lane);
    }

    /** Whether the slice's chunk need not be fetched. */
    boolean isCached(ChunkSlice slice) {
        int chunk = slice.chunk();
        return chunk >= 0 && chunk < info.chunkCount() && shared.chunks().isReady(chunk);
    }

    /** The slice in the mapped cache file; only if {@link #isReady}. */
    MemorySegment view(ChunkSlice slice) {
        var list = knownListOf(slice.chunk());
        check(list, slice);
        return shared.file()
                .view(list.uncompressedOffset(slice.chunk()) + slice.offset(), slice.length());
    }

    @Override
    public String toString() {
        return shared.toString();
    }
}
