package dev.naiad.builder;

import dev.naiad.base.bytes.ByteSource;
import dev.naiad.base.bytes.Digest;
import dev.naiad.base.error.CorruptFormatException;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.BlobFinisher;
import dev.naiad.builder.chunk.BlobSink;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.blob.BlobReader;
import java.lang.foreign.MemorySegment;
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
 * little is used, puts small ones together. Stored chunks are checked and copied as they are. The
 * tree stays what it is.
 */
public final class ImageCompactor {
    private static final int BLOCK = 4096;

    /** Takes the blobs that are made. */
    @FunctionalInterface
    public interface Blobs {
        /** Opens a channel, has the blob written and keeps it under its digest. */
        void write(Function<WritableByteChannel, BuiltLayer> build);
    }

    private final Bootstrap image;
    private final CompactOptions options;
    private final ChunkStore store = new ChunkStore();
    private final ChunkStore result = new ChunkStore();
    private final List<BlobInfo> blobs = new ArrayList<>();
    private int[] moved = new int[0]; // number in the result by number in the store

    private ImageCompactor(Bootstrap image, CompactOptions options) {
        this.image = image;
        this.options = options;
    }

    /**
     * Compacts a v6 image.
     *
     * @param source opens a blob that has to be read
     * @return nothing where there is nothing to do
     */
    public static Optional<MergedImage> compact(
            Bootstrap image,
            CompactOptions options,
            Function<BlobInfo, ByteSource> source,
            Blobs target) {
        if (image.version() != RafsVersion.V6 || image.isTarfs()) {
            throw new NaiadException(
                    ErrorKind.UNIMPLEMENTED,
                    image.name()
                            + ": compact of RAFS v5 and tarfs images is not supported yet;"
                            + " convert the image again");
        }
        return new ImageCompactor(image, options).run(source, target);
    }

    private Optional<MergedImage> run(Function<BlobInfo, ByteSource> source, Blobs target) {
        var old = image.blobs();
        if (old.size() < options.minBlobs()) {
            return Optional.empty();
        }
        var tree =
                new TreeLoader(store, false)
                        .load(image, old.stream().mapToInt(BlobInfo::index).toArray());
        var used = new ArrayList<List<Integer>>();
        old.forEach(blob -> used.add(new ArrayList<>()));
        for (int number = 0; number < store.count(); number++) {
            used.get(store.blobIndex(number)).add(number);
        }
        var groups = groups(used);
        boolean unused = used.stream().anyMatch(List::isEmpty);
        if (groups.isEmpty() && !unused) {
            return Optional.empty();
        }
        moved = new int[store.count()];
        var rebuilt = groups.stream().flatMap(List::stream).toList();
        for (var group : groups) {
            target.write(channel -> build(group, used, source, channel));
        }
        for (var blob : old) {
            if (!rebuilt.contains(blob) && !used.get(blob.index()).isEmpty()) {
                for (int number : used.get(blob.index())) {
                    moved[number] = result.add(store.info(number), blobs.size(), false);
                }
                blobs.add(blob.withIndex(blobs.size()));
            }
        }
        var prefetch = prefetch(tree);
        point(tree);
        byte[] bootstrap =
                new V6Writer(tree, result, blobs, image.chunkSize(), image.blockSize())
                        .write(flags(), prefetch);
        return Optional.of(
                new MergedImage(
                        bootstrap,
                        List.copyOf(blobs),
                        tree.number(),
                        image.version(),
                        image.compressor()));
    }

    private long flags() {
        boolean encrypted = blobs.stream().anyMatch(blob -> blob.cipher() != Cipher.NONE);
        return image.compressor().superFlag()
                | image.digester().superFlag()
                | (image.flags() & SuperFlags.EXPLICIT_UID_GID)
                | (encrypted ? SuperFlags.ENCRYPTION_AES_128_XTS : SuperFlags.ENCRYPTION_NONE);
    }

    /** The blobs that are made anew, each group as one blob. */
    private List<List<BlobInfo>> groups(List<List<Integer>> used) {
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
                        | BlobFeatures.IS_CHUNKDICT_GENERATED;
        return !blob.has(other) && blob.cipher() == Cipher.NONE && !blob.hasPlaceholderId();
    }

    private static boolean isAlike(BlobInfo one, BlobInfo other) {
        return one.compressor() == other.compressor()
                && one.digester() == other.digester()
                && one.has(BlobFeatures.CHUNK_INFO_V2) == other.has(BlobFeatures.CHUNK_INFO_V2);
    }

    private BuiltLayer build(
            List<BlobInfo> group,
            List<List<Integer>> used,
            Function<BlobInfo, ByteSource> source,
            WritableByteChannel channel) {
        var like = group.getFirst();
        int index = blobs.size();
        int first = result.count();
        var sink = new BlobSink(channel, "compacted blob");
        long plainEnd = 0;
        byte[] digest = new byte[32];
        for (var blob : group) {
            var bytes = source.apply(blob);
            var reader = new BlobReader(bytes, blob);
            var numbers = new ArrayList<>(used.get(blob.index()));
            numbers.sort(Comparator.comparingInt(store::chunkIndex));
            for (int number : numbers) {
                store.digest(number, digest, 0);
                int size = store.uncompressedSize(number);
                int known = result.find(digest, 0, size);
                if (known >= 0 && result.blobIndex(known) == index) {
                    moved[number] = known;
                    continue;
                }
                // Checked before it is copied: a damaged chunk must not get a fresh blob's digest.
                var plain = MemorySegment.ofArray(new byte[size]);
                reader.chunk(image.chunks(blob.index()), store.chunkIndex(number), plain);
                byte[] stored =
                        bytes.readBytes(
                                store.compressedOffset(number), store.compressedSize(number));
                int chunk = result.count() - first;
                int copy = result.add(digest, 0, index, chunk, size, plainEnd, true);
                result.stored(
                        copy,
                        sink.position(),
                        stored.length,
                        store.flags(number),
                        store.crc32c(number));
                result.fileOffset(copy, store.info(number).fileOffset());
                sink.write(stored);
                moved[number] = copy;
                plainEnd = (plainEnd + size + BLOCK - 1) / BLOCK * BLOCK;
            }
        }
        int v2 = like.features().bits() & BlobFeatures.CHUNK_INFO_V2;
        var features = new BlobFeatures(BlobFeatures.CAP_TAR_TOC | BlobFeatures.ALIGNED | v2);
        var finisher = new BlobFinisher(sink, features, like.compressor());
        int count = result.count() - first;
        finisher.endData(plainEnd);
        var meta = finisher.meta(result, first, count);
        var id = Digest.of(Digest.Algorithm.SHA256, sink.sha256());
        var made =
                new BlobInfo(
                        index,
                        id.hex(),
                        image.chunkSize(),
                        count,
                        like.compressor(),
                        like.digester(),
                        features,
                        sink.position(),
                        plainEnd,
                        meta.location(),
                        BlobInfo.TocLocation.ABSENT,
                        new byte[32],
                        0,
                        Cipher.NONE,
                        new byte[0],
                        new byte[0],
                        0,
                        0,
                        0);
        if (blobs.stream().anyMatch(blob -> blob.id().equals(made.id()))) {
            throw new CorruptFormatException(image.name(), -1, "different blobs", made.id());
        }
        blobs.add(made);
        return new BuiltLayer(
                id,
                sink.position(),
                new byte[0],
                meta.cacheFile(),
                List.of(made),
                new BuildStatistics(0, plainEnd, plainEnd, 0, 0));
    }

    private void point(FileTree tree) {
        var done = Collections.newSetFromMap(new IdentityHashMap<InodeData, Boolean>());
        tree.forEach(
                entry -> {
                    var inode = entry.inode();
                    if (done.add(inode) && inode.chunks().length > 0) {
                        inode.chunks(Arrays.stream(inode.chunks()).map(n -> moved[n]).toArray());
                    }
                });
    }

    /** The same files as before, in the same order. */
    private List<TreeEntry> prefetch(FileTree tree) {
        Map<Long, TreeEntry> wanted = new HashMap<>();
        long[] numbers = image.prefetch();
        for (long number : numbers) {
            wanted.put(number, tree.root());
        }
        if (wanted.isEmpty()) {
            return List.of();
        }
        TreeWalk.walk(
                image,
                (parent, name, inode) -> {
                    var entry =
                            parent instanceof TreeEntry directory
                                    ? directory.child(name)
                                    : tree.root();
                    if (entry == null) {
                        throw new IllegalStateException("the tree is the image's");
                    }
                    wanted.replace(inode.number(), entry);
                    return entry;
                });
        return Arrays.stream(numbers).mapToObj(wanted::get).distinct().toList();
    }
}
