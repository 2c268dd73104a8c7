package dev.naiad.builder.rewrite;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.builder.BuiltLayer;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.BlobAccess;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Makes an image's blobs fewer and smaller: drops those that no file uses, rebuilds those of which
 * little is used, joins small ones. Stored chunks are checked and copied unchanged. The tree does
 * not change.
 */
public final class ImageCompactor {
    private final LoadedImage image;
    private final CompactOptions options;
    private final ChunkStore store;
    private final ChunkStore result = new ChunkStore();
    private final List<BlobInfo> blobs = new ArrayList<>();
    // By blob index: the numbers of its chunks that files use.
    private final List<List<Integer>> used = new ArrayList<>();
    private final int[] moved; // number in the result by number in the store

    private ImageCompactor(LoadedImage image, CompactOptions options) {
        this.image = image;
        this.options = options;
        this.store = image.store();
        this.moved = new int[store.count()];
        image.blobs().forEach(blob -> used.add(new ArrayList<>()));
        for (int number = 0; number < store.count(); number++) {
            used.get(store.blobIndex(number)).add(number);
        }
    }

    /**
     * Compacts an image.
     *
     * @param named its blob table with the ids under which the blobs are found
     * @param source opens a blob that has to be read
     * @return nothing where there is nothing to do
     */
    public static Optional<MergedImage> compact(
            Bootstrap image,
            List<BlobInfo> named,
            CompactOptions options,
            Function<BlobInfo, ByteSource> source,
            NewBlobs target) {
        if (named.size() < options.minBlobs()) {
            return Optional.empty();
        }
        return new ImageCompactor(LoadedImage.load("compact", image, named), options)
                .run(source, target);
    }

    private Optional<MergedImage> run(Function<BlobInfo, ByteSource> source, NewBlobs target) {
        var groups = groups();
        boolean unused = used.stream().anyMatch(List::isEmpty);
        if (groups.isEmpty() && !unused) {
            return Optional.empty();
        }
        var rebuilt = groups.stream().flatMap(List::stream).toList();
        for (var group : groups) {
            target.write(channel -> build(group, source, channel));
        }
        for (var blob : image.blobs()) {
            if (!rebuilt.contains(blob) && !used.get(blob.index()).isEmpty()) {
                for (int number : used.get(blob.index())) {
                    moved[number] = result.add(store.info(number), blobs.size(), false);
                }
                blobs.add(blob.withIndex(blobs.size()));
            }
        }
        point();
        return Optional.of(image.write(result, blobs));
    }

    /** The blobs that are made anew, each group as one blob. */
    private List<List<BlobInfo>> groups() {
        var groups = new ArrayList<List<BlobInfo>>();
        var small = new ArrayList<BlobInfo>();
        Map<BlobInfo, Long> sizes = new HashMap<>();
        for (var blob : image.blobs()) {
            long bytes = 0;
            for (int number : used.get(blob.index())) {
                bytes += store.compressedSize(number);
            }
            if (bytes == 0 || !isPlain(blob) || options.dictionary().contains(blob.id())) {
                continue;
            }
            boolean sparse = bytes * 100 < options.minUsedRatio() * blob.compressedDataSize();
            long size = sparse ? bytes : blob.compressedDataSize();
            sizes.put(blob, bytes);
            if (size < options.smallBlob()) {
                small.add(blob);
            } else if (sparse) {
                groups.add(List.of(blob));
            }
        }
        small.sort(
                Comparator.<BlobInfo>comparingLong(sizes::get).thenComparingInt(BlobInfo::index));
        var current = new ArrayList<BlobInfo>();
        long total = 0;
        for (var blob : small) {
            long size = sizes.getOrDefault(blob, 0L);
            boolean fits = total + size <= options.largestBlob();
            if (!current.isEmpty() && (!fits || !isAlike(current.getFirst(), blob))) {
                close(current, sizes, groups);
                current.clear();
                total = 0;
            }
            current.add(blob);
            total += size;
        }
        close(current, sizes, groups);
        return groups;
    }

    /** One small blob alone gains only by what it does not use. */
    private void close(
            List<BlobInfo> group, Map<BlobInfo, Long> sizes, List<List<BlobInfo>> groups) {
        boolean worth = group.size() > 1;
        for (var blob : group) {
            long bytes = sizes.getOrDefault(blob, 0L);
            worth |= bytes * 100 < options.minUsedRatio() * blob.compressedDataSize();
        }
        if (worth) {
            var ordered = new ArrayList<>(group);
            ordered.sort(Comparator.comparingInt(BlobInfo::index));
            groups.add(List.copyOf(ordered));
        }
    }

    private static boolean isPlain(BlobInfo blob) {
        int other =
                BlobFeatures.SEPARATE
                        | BlobFeatures.EXTERNAL
                        | BlobFeatures.ZRAN
                        | BlobFeatures.BATCH
                        | BlobFeatures.ENCRYPTED
                        | BlobFeatures.IS_CHUNKDICT_GENERATED
                        | BlobFeatures.IS_SEPARATED_WITH_PREFETCH_FILES;
        return !blob.has(other) && blob.cipher() == Cipher.NONE;
    }

    private static boolean isAlike(BlobInfo one, BlobInfo other) {
        return one.compressor() == other.compressor()
                && one.digester() == other.digester()
                && one.has(BlobFeatures.CHUNK_INFO_V2) == other.has(BlobFeatures.CHUNK_INFO_V2)
                && one.has(BlobFeatures.ALIGNED) == other.has(BlobFeatures.ALIGNED);
    }

    private BuiltLayer build(
            List<BlobInfo> group,
            Function<BlobInfo, ByteSource> source,
            WritableByteChannel channel) {
        var form = BlobForm.like(image.image(), group.getFirst());
        var copy = new BlobCopy(image, result, form, blobs.size(), channel, "compacted blob");
        for (var blob : group) {
            var from = BlobAccess.open(image.image(), blob, source);
            var numbers = new ArrayList<>(used.get(blob.index()));
            numbers.sort(Comparator.comparingInt(store::chunkIndex));
            for (int number : numbers) {
                moved[number] = copy.add(from, number);
            }
        }
        var built = copy.finish();
        var made = built.blobs().getFirst();
        if (blobs.stream().anyMatch(blob -> blob.id().equals(made.id()))) {
            throw new CorruptFormatException(
                    image.image().name(), -1, "different blobs", made.id());
        }
        blobs.add(made);
        return built;
    }

    private void point() {
        var done = Collections.newSetFromMap(new IdentityHashMap<InodeData, Boolean>());
        image.tree()
                .forEach(
                        entry -> {
                            var inode = entry.inode();
                            if (done.add(inode) && inode.chunks().length > 0) {
                                inode.chunks(
                                        Arrays.stream(inode.chunks()).map(n -> moved[n]).toArray());
                            }
                        });
    }
}
