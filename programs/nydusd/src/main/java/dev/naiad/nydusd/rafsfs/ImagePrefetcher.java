package dev.naiad.nydusd.rafsfs;

import dev.naiad.base.error.NaiadException;
import dev.naiad.nydusd.config.PrefetchConfig;
import dev.naiad.rafs.ChunkRef;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.Inode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the cache what to fetch before anybody asks: files by a list or by the image's own table,
 * then, if wanted, whole blobs. Fetching itself, its rate and its threads are the cache's business;
 * this only walks the tree.
 */
final class ImagePrefetcher implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ImagePrefetcher.class);

    /** A batch of chunks is handed over when it reaches either. */
    private static final long BATCH_BYTES = 16 << 20;

    private static final int BATCH_CHUNKS = 1024;

    private final RafsImage image;
    private final PrefetchConfig config;
    private final Optional<List<String>> paths;
    private final Thread thread;
    private final Set<Long> seenLinks = new HashSet<>();
    private final List<ChunkRef> batch = new ArrayList<>();
    private long batchBytes;
    private volatile boolean stopping;

    /**
     * A prefetch of one image.
     *
     * @param paths absolute paths inside the image that replace its table
     */
    ImagePrefetcher(RafsImage image, PrefetchConfig config, Optional<List<String>> paths) {
        this.image = image;
        this.config = config;
        this.paths = paths;
        this.thread = Thread.ofPlatform().daemon().name("prefetch").unstarted(this::run);
    }

    void start() {
        if (config.enable()) {
            thread.start();
        }
    }

    /** Ends the walk; what the cache was told already ends with the mount's cache. */
    @Override
    public void close() {
        stopping = true;
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            boolean everything = paths.isPresent() ? listed(paths.get()) : tabled();
            flush();
            if (everything || config.prefetchAll()) {
                for (var blob : image.blobs()) {
                    if (!stopping) {
                        image.cache().prefetchAll(blob);
                    }
                }
            }
        } catch (NaiadException e) {
            LOG.warn("prefetch ends: {}", NaiadException.chain(e));
        }
    }

    /** True if the list is the whole image. */
    private boolean listed(List<String> list) {
        for (var path : list) {
            if (path.equals("/")) {
                return true;
            }
            var inode = find(path);
            if (inode != null) {
                walk(inode);
            }
        }
        return false;
    }

    private boolean tabled() {
        var bootstrap = image.bootstrap();
        long root = bootstrap.root().number();
        for (long number : bootstrap.prefetch()) {
            if (number == 0) {
                break;
            }
            if (number == root) {
                return true;
            }
            walk(bootstrap.inode(number));
        }
        return false;
    }

    /** The inode at that path, or null: lists may name what an image does not have. */
    private @org.jspecify.annotations.Nullable Inode find(String path) {
        var at = image.bootstrap().root();
        for (var part : path.split("/", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            var child =
                    at.type() == FileType.DIRECTORY
                            ? at.child(part.getBytes(StandardCharsets.UTF_8))
                            : null;
            if (child == null) {
                LOG.debug("prefetch: the image has no {}", path);
                return null;
            }
            at = child;
        }
        return at;
    }

    private void walk(Inode inode) {
        if (stopping) {
            return;
        }
        if (inode.type() == FileType.DIRECTORY) {
            var _ =
                    inode.children(
                            0,
                            (number, _, _, _) -> {
                                walk(image.bootstrap().inode(number));
                                return !stopping;
                            });
        } else if (inode.type() == FileType.REGULAR
                && (inode.linkCount() == 1 || seenLinks.add(inode.number()))) {
            for (int k = 0; k < inode.chunkCount(); k++) {
                image.pieces(inode.chunkRef(k)).forEach(this::add);
            }
        }
    }

    private void add(ChunkRef chunk) {
        batch.add(chunk);
        batchBytes += chunk.size();
        if (batchBytes > BATCH_BYTES || batch.size() > BATCH_CHUNKS) {
            flush();
        }
    }

    /** Hands the batch over as runs of neighbouring chunks. */
    private void flush() {
        batch.sort(
                Comparator.comparingInt(ChunkRef::blobIndex)
                        .thenComparingInt(ChunkRef::chunkIndex));
        for (int i = 0; i < batch.size() && !stopping; ) {
            var first = batch.get(i);
            int last = i;
            while (last + 1 < batch.size() && isNext(batch.get(last), batch.get(last + 1))) {
                last++;
            }
            image.cache()
                    .prefetch(
                            image.blobs().get(first.blobIndex()),
                            first.chunkIndex(),
                            batch.get(last).chunkIndex() - first.chunkIndex() + 1);
            i = last + 1;
        }
        batch.clear();
        batchBytes = 0;
    }

    private static boolean isNext(ChunkRef a, ChunkRef b) {
        return a.blobIndex() == b.blobIndex() && b.chunkIndex() - a.chunkIndex() <= 1;
    }
}
