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
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A mount's handle on a blob: its chunk list and backend over the files and flights that all mounts
 * share. Made by {@link MountCache#open}, closed with the mount. Safe for use by many threads.
 */
public final class CachedBlob {
    /** The bootstrap does not know where their chunks are. */
    private static final int NEEDS_META = BlobFeatures.BATCH | BlobFeatures.ZRAN;

    final MountAccount account;
    final SharedBlob shared;
    final BlobInfo info;
    final Backend backend;

    /** Set once by {@link Flights}, which starts nothing for it from then on. */
    volatile boolean closed;

    /** Jobs that use this handle now, as {@link Flights} counts them. */
    final AtomicInteger running = new AtomicInteger();

    /** What the bootstrap says: all of it, or only which chunks there are and their digests. */
    private final BlobChunks listed;

    private final boolean needsMeta;
    private volatile @Nullable BlobChunks joined;

    CachedBlob(
            MountAccount account,
            SharedBlob shared,
            BlobInfo info,
            BlobChunks listed,
            Backend backend) {
        this.account = account;
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
            RecordCheck.table(info);
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
     * Checks a record before it is used.
     *
     * @throws CorruptFormatException if it leads outside the blob or is larger than any chunk
     */
    void check(BlobChunks list, int chunk) {
        RecordCheck.chunk(info, list, chunk);
    }

    /**
     * Checks the chunk's record and that a slice of it lies within it.
     *
     * @throws CorruptFormatException if not
     */
    void check(BlobChunks list, int chunk, int offset, int length) {
        check(list, chunk);
        int size = list.uncompressedSize(chunk);
        if (offset + length > size) {
            throw new CorruptFormatException(
                    shared + " chunk " + chunk,
                    -1,
                    "at least " + (offset + length) + " bytes",
                    size + " bytes");
        }
    }

    /** Whether the chunk can be read from the mapped cache file now. */
    boolean isReady(int chunk) {
        return shared.servesViews() && listOf(chunk) != null && shared.chunks().isReady(chunk);
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
            Lane lane,
            boolean direct,
            LongConsumer progress) {
        fetch(info.id(), range, target, lane, direct, progress);
    }

    /**
     * Reads a range of the blob that has the chunk table.
     *
     * @throws NaiadException FAILED_PRECONDITION if nobody knows its name
     */
    void fetchMeta(ByteRange range, MemorySegment target, Lane lane) {
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
            Lane lane,
            boolean direct,
            LongConsumer progress) {
        var priority = lane == Lane.READ ? ReadPriority.USER : ReadPriority.PREFETCH;
        var options = new ReadOptions(priority, account.fetchDeadline(), direct, progress);
        backend.read(id, range.offset(), target, options);
        account.fetched(range.length(), lane);
    }

    /** Whether the chunk need not be fetched. */
    boolean isCached(int chunk) {
        return chunk >= 0 && chunk < info.chunkCount() && shared.chunks().isReady(chunk);
    }

    /** A slice of a chunk in the mapped cache file; only if {@link #isReady}. */
    MemorySegment view(int chunk, int offset, int length) {
        var list = knownListOf(chunk);
        check(list, chunk, offset, length);
        return shared.file().view(list.uncompressedOffset(chunk) + offset, length);
    }

    @Override
    public String toString() {
        return shared.toString();
    }
}
