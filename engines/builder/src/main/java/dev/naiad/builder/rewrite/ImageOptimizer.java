package dev.naiad.builder.rewrite;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.RafsVersion;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the chunks of the files that a container needs first into a blob of their own, in the order
 * in which they are wanted, so that one sequential read fetches them. The old blobs stay; the files
 * refer to the new one. docs/formats/blob.md#prefetch-blob
 */
public final class ImageOptimizer {
    private static final Logger LOG = LoggerFactory.getLogger(ImageOptimizer.class);

    private final LoadedImage image;
    private final ChunkStore store;
    private final List<BlobInfo> blobs;
    private final Function<BlobInfo, ByteSource> source;
    private final Map<Integer, BlobAccess> open = new HashMap<>();

    private ImageOptimizer(LoadedImage image, Function<BlobInfo, ByteSource> source) {
        this.image = image;
        this.store = image.store();
        this.blobs = new ArrayList<>(image.blobs());
        this.source = source;
    }

    /** A chunk of a file that moves. */
    private record Move(InodeData inode, int position) {}

    /**
     * Separates the files.
     *
     * @param named the image's blob table with the ids under which the blobs are found
     * @param files in the order in which they are wanted
     * @param source opens a blob that has to be read
     * @return the new image, whose last blob is the new one; nothing if no chunk is to move
     */
    public static Optional<MergedImage> optimize(
            Bootstrap image,
            List<BlobInfo> named,
            List<PrefetchFile> files,
            Function<BlobInfo, ByteSource> source,
            NewBlobs target) {
        var loaded = LoadedImage.load("optimize", image, named);
        return new ImageOptimizer(loaded, source).run(files, target);
    }

    private Optional<MergedImage> run(List<PrefetchFile> files, NewBlobs target) {
        var moves = moves(files);
        if (moves.isEmpty()) {
            return Optional.empty();
        }
        target.write(channel -> build(moves, channel));
        return Optional.of(image.write(store, blobs));
    }

    private List<Move> moves(List<PrefetchFile> files) {
        var moves = new ArrayList<Move>();
        var known = new IdentityHashMap<InodeData, Set<Integer>>();
        for (var file : files) {
            var entry = image.tree().find(file.path().getBytes(StandardCharsets.UTF_8));
            if (entry == null || !entry.inode().isRegular()) {
                LOG.warn("prefetch file {} is not a file of {}; ignored", file.path(), name());
                continue;
            }
            var inode = entry.inode();
            var positions = known.computeIfAbsent(inode, i -> new HashSet<>());
            long start = 0;
            int skipped = 0;
            for (int k = 0; k < inode.chunks().length; k++) {
                int number = inode.chunks()[k];
                long end = start + store.uncompressedSize(number);
                if (file.wants(start, end) && positions.add(k)) {
                    if (isMovable(blobs.get(store.blobIndex(number)))) {
                        moves.add(new Move(inode, k));
                    } else {
                        skipped++;
                    }
                }
                start = end;
            }
            if (skipped > 0) {
                LOG.warn(
                        "{} chunks of prefetch file {} stay: encrypted, external, or in a prefetch"
                                + " blob already",
                        skipped,
                        file.path());
            }
        }
        return moves;
    }

    private String name() {
        return image.image().name();
    }

    private static boolean isMovable(BlobInfo blob) {
        int other =
                BlobFeatures.EXTERNAL
                        | BlobFeatures.ENCRYPTED
                        | BlobFeatures.IS_SEPARATED_WITH_PREFETCH_FILES;
        return !blob.has(other) && blob.cipher() == Cipher.NONE;
    }

    private BuiltLayer build(List<Move> moves, WritableByteChannel channel) {
        int features = BlobFeatures.IS_SEPARATED_WITH_PREFETCH_FILES | BlobFeatures.HAS_TAR_HEADER;
        var first = moves.getFirst();
        var like = blobs.get(store.blobIndex(first.inode.chunks()[first.position]));
        boolean old = image.image().version() == RafsVersion.V5;
        features |=
                old ? like.features().bits() & BlobFeatures.ALIGNED : BlobFeatures.CHUNK_INFO_V2;
        var form = BlobForm.of(image.image(), like.compressor(), features);
        var copy = new BlobCopy(image, store, form, blobs.size(), channel, "prefetch blob");
        for (var move : moves) {
            int number = move.inode.chunks()[move.position];
            move.inode.chunks()[move.position] = copy.add(access(store.blobIndex(number)), number);
        }
        var built = copy.finish();
        blobs.add(built.blobs().getFirst());
        return built;
    }

    private BlobAccess access(int blob) {
        return open.computeIfAbsent(
                blob,
                index -> {
                    var info = blobs.get(index);
                    return BlobAccess.open(image.image(), info, source);
                });
    }
}
