package dev.naiad.nydusd.rafsfs;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.life.Lifecycle;
import dev.naiad.blobcache.CachedBlob;
import dev.naiad.blobcache.ChunkSlice;
import dev.naiad.blobcache.MountCache;
import dev.naiad.nydusd.config.PrefetchConfig;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.FlatChunks;
import dev.naiad.rafs.Inode;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * An opened image: its mapped bootstrap and its blobs in the cache. Owns both, and the backend
 * behind them; whoever closes it vouches that nobody reads any more.
 */
public final class RafsImage implements AutoCloseable {
    private final Lifecycle parts;
    private final Bootstrap bootstrap;
    private final MountCache cache;
    private final List<CachedBlob> blobs;

    @GuardedBy("this") private @Nullable ImagePrefetcher prefetcher;

    @GuardedBy("this") private boolean closed;

    private RafsImage(
            Lifecycle parts, Bootstrap bootstrap, MountCache cache, List<CachedBlob> blobs) {
        this.parts = parts;
        this.bootstrap = bootstrap;
        this.cache = cache;
        this.blobs = blobs;
    }

    /**
     * Opens the blobs. Takes ownership of everything given, also when it fails.
     *
     * @param parts what the image needs beside its cache; closed after the cache, which waits for
     *     fetches that use them
     * @param opener makes a blob of the cache readable, by its index in the bootstrap
     */
    public static RafsImage open(
            Lifecycle parts,
            Bootstrap bootstrap,
            MountCache cache,
            IntFunction<CachedBlob> opener) {
        parts.own(cache);
        try {
            var blobs = new ArrayList<CachedBlob>();
            for (int i = 0; i < bootstrap.blobs().size(); i++) {
                blobs.add(opener.apply(i));
            }
            return new RafsImage(parts, bootstrap, cache, List.copyOf(blobs));
        } catch (RuntimeException | Error e) {
            parts.close();
            throw e;
        }
    }

    public Bootstrap bootstrap() {
        return bootstrap;
    }

    public MountCache cache() {
        return cache;
    }

    public List<CachedBlob> blobs() {
        return blobs;
    }

    /**
     * The chunk pieces that make up a part of a file, in order. The part lies inside the file and
     * is not empty.
     */
    List<ChunkSlice> slices(Inode inode, long offset, int length) {
        int first = (int) (offset / bootstrap.chunkSize());
        var slices = new ArrayList<ChunkSlice>(length / bootstrap.chunkSize() + 2);
        long position = offset;
        long end = offset + length;
        for (int k = first; position < end; k++) {
            if (k >= inode.chunkCount()) {
                throw corrupt(inode, position, "no chunk");
            }
            var ref = inode.chunkRef(k);
            long inChunk = position - ref.fileOffset();
            if (inChunk < 0 || inChunk >= ref.size()) {
                throw corrupt(inode, position, ref.toString());
            }
            int count = (int) Math.min(ref.size() - inChunk, end - position);
            for (var piece : pieces(ref)) {
                add(slices, piece, position, position + count);
            }
            position += count;
        }
        return slices;
    }

    /** What the cache holds of a file's chunk: the chunk, or pieces of an archive. */
    List<ChunkRef> pieces(ChunkRef chunk) {
        var blob = bootstrap.blobs().get(chunk.blobIndex());
        return blob.has(BlobFeatures.TARFS) ? FlatChunks.of(blob).pieces(chunk) : List.of(chunk);
    }

    /** Adds the part of a chunk that lies in a range of the file. */
    private void add(List<ChunkSlice> slices, ChunkRef ref, long from, long to) {
        long start = Math.max(from, ref.fileOffset());
        long stop = Math.min(to, ref.fileOffset() + ref.size());
        if (start >= stop) {
            return;
        }
        var blob = blobs.get(ref.blobIndex());
        int inPiece = (int) (start - ref.fileOffset());
        if (blob.info().has(BlobFeatures.TARFS)) {
            inPiece += (int) (ref.uncompressedOffset() % blob.info().chunkSize());
        }
        slices.add(new ChunkSlice(blob, ref.chunkIndex(), inPiece, (int) (stop - start)));
    }

    private CorruptFormatException corrupt(Inode inode, long position, String actual) {
        return new CorruptFormatException(
                bootstrap.name(),
                0,
                "a chunk for byte " + position + " of inode " + inode.number(),
                actual);
    }

    /**
     * Begins to fetch what the configuration wants fetched; once.
     *
     * @param paths absolute paths inside the image that replace its own list
     */
    public synchronized void prefetch(PrefetchConfig config, Optional<List<String>> paths) {
        if (!closed) {
            prefetcher = new ImagePrefetcher(this, config, paths);
            prefetcher.start();
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            if (prefetcher != null) {
                prefetcher.close();
            }
        }
        parts.close();
    }
}
