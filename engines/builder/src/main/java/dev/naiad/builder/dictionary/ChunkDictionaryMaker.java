package dev.naiad.builder.dictionary;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.LoadedBlobs;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.InodeData;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.Compressor;
import dev.naiad.rafs.Digester;
import dev.naiad.rafs.FileType;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes a bootstrap whose one file, {@code /chunkdict}, consists of the chunks that versions of
 * images have in common; builds then refer to them ({@code create --chunk-dict}). No data is
 * written: the blobs are those of the images. The order of the sources does not change the result.
 */
public final class ChunkDictionaryMaker {
    private static final Logger LOG = LoggerFactory.getLogger(ChunkDictionaryMaker.class);
    private static final int SMALLEST_BLOB = 4096;
    private static final int OWNER = 1000;
    private static final int PERMISSIONS = 0660;

    private final ChunkStore store = new ChunkStore();
    private final TreeLoader loader = new TreeLoader(store, true);
    private final LoadedBlobs blobs = new LoadedBlobs();
    private @Nullable Parameters parameters; // of the first image

    private ChunkDictionaryMaker() {}

    /**
     * Makes the dictionary.
     *
     * @param prefetch patterns for its prefetch table
     * @throws NaiadException if the images were not built with the same parameters
     */
    public static MergedImage make(List<DictionarySource> sources, List<String> prefetch) {
        if (sources.isEmpty()) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "chunkdict: no source bootstraps");
        }
        var sorted = sources.stream().sorted(DictionarySource.ORDER).toList();
        return new ChunkDictionaryMaker().run(sorted, prefetch);
    }

    /** What all images must have been built with, taken from the first. */
    private record Parameters(
            String name,
            RafsVersion version,
            int chunkSize,
            int blockSize,
            Digester digester,
            Compressor compressor,
            boolean explicitOwners) {
        static Parameters of(Bootstrap image) {
            return new Parameters(
                    image.name(),
                    image.version(),
                    image.chunkSize(),
                    image.blockSize(),
                    image.digester(),
                    image.compressor(),
                    image.hasExplicitOwners());
        }
    }

    private static void check(Parameters reference, Bootstrap image) {
        same(reference, image, "RAFS version", reference.version(), image.version());
        same(reference, image, "chunk size", reference.chunkSize(), image.chunkSize());
        same(reference, image, "digester", reference.digester(), image.digester());
        same(reference, image, "compressor", reference.compressor(), image.compressor());
        same(
                reference,
                image,
                "explicit uid and gid",
                reference.explicitOwners(),
                image.hasExplicitOwners());
        if (image.isTarfs()) {
            throw unusable(image, "a tarfs image has no chunks to share; build it with tar-rafs");
        }
        for (var blob : image.blobs()) {
            if (blob.has(BlobFeatures.V5_NO_EXTENDED_TABLE)) {
                throw unusable(
                        image, "an image of 2020 does not number its chunks; convert it again");
            }
            if (blob.has(BlobFeatures.INLINED_FS_META)
                    && !Hex.isLowerHex(blob.id(), Digester.LENGTH * 2)) {
                throw unusable(
                        image,
                        "its bootstrap lies inside its blob and cannot name it; run `nydus-image"
                                + " merge` on it and use the result");
            }
        }
    }

    private static void same(
            Parameters reference, Bootstrap image, String what, Object wanted, Object found) {
        if (!wanted.equals(found)) {
            throw unusable(
                    image, what + " is " + found + ", but " + wanted + " in " + reference.name());
        }
    }

    private static NaiadException unusable(Bootstrap image, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, "chunkdict: " + image.name() + ": " + why);
    }

    private MergedImage run(List<DictionarySource> sources, List<String> prefetch) {
        var used = new ArrayList<BitSet>();
        for (var source : sources) {
            source.reader().read(image -> used.add(chunks(image)));
        }
        int[] same = sameChunks();
        var versions = new HashMap<String, List<BitSet>>();
        for (int i = 0; i < sources.size(); i++) {
            var set = new BitSet();
            used.get(i).stream().forEach(number -> set.set(same[number]));
            versions.computeIfAbsent(sources.get(i).image(), name -> new ArrayList<>()).add(set);
        }
        var images =
                sources.stream()
                        .map(DictionarySource::image)
                        .distinct()
                        .map(name -> versions.getOrDefault(name, List.of()))
                        .toList();
        long[] sizes =
                IntStream.range(0, store.count()).mapToLong(store::uncompressedSize).toArray();
        return write(widened(ChunkSelection.choose(images, sizes)), prefetch);
    }

    /** The chunks of an image, which is not needed afterwards. */
    private BitSet chunks(Bootstrap image) {
        var reference = parameters;
        if (reference == null) {
            reference = Parameters.of(image);
            parameters = reference;
        }
        check(reference, image);
        var result = new BitSet();
        loader.chunks(image, blobs.positions(image.blobs()), result::set);
        return result;
    }

    /** For each chunk, the representative of all chunks with the same content. */
    private int[] sameChunks() {
        int[] same = new int[store.count()];
        byte[] digest = new byte[Digester.LENGTH];
        for (int number = 0; number < same.length; number++) {
            store.digest(number, digest, 0);
            same[number] = store.find(digest, 0, store.uncompressedSize(number));
        }
        return same;
    }

    /** All known chunks of the blobs that hold a chosen one, by blob and chunk index. */
    private List<Integer> widened(BitSet chosen) {
        var wanted = new BitSet();
        chosen.stream().map(store::blobIndex).forEach(wanted::set);
        wanted.stream().filter(blob -> !isUsable(blobs.get(blob))).forEach(wanted::clear);
        return IntStream.range(0, store.count())
                .filter(number -> wanted.get(store.blobIndex(number)))
                .boxed()
                .sorted(
                        Comparator.<Integer>comparingInt(store::blobIndex)
                                .thenComparingInt(store::chunkIndex))
                .toList();
    }

    private static boolean isUsable(BlobInfo blob) {
        if (blob.cipher() != Cipher.NONE || blob.has(BlobFeatures.EXTERNAL)) {
            LOG.warn("{} is encrypted or external; left out", blob);
            return false;
        }
        return blob.uncompressedSize() >= SMALLEST_BLOB;
    }

    private MergedImage write(List<Integer> numbers, List<String> prefetch) {
        var like = Objects.requireNonNull(parameters);
        var table = new ArrayList<BlobInfo>();
        var result = new ChunkStore();
        int[] file = new int[numbers.size()];
        int last = -1;
        for (int i = 0; i < file.length; i++) {
            int number = numbers.get(i);
            int blob = store.blobIndex(number);
            if (blob != last) {
                table.add(
                        blobs.get(blob)
                                .withIndex(table.size())
                                .withoutFeatures(BlobFeatures.INLINED_FS_META)
                                .withFeatures(BlobFeatures.IS_CHUNKDICT_GENERATED));
                last = blob;
            }
            file[i] = result.add(store.info(number), table.size() - 1, false);
        }
        var tree = new FileTree();
        tree.setRoot(
                new InodeData(FileType.DIRECTORY.modeBits() | PERMISSIONS).owner(OWNER, OWNER));
        tree.root()
                .put(
                        "chunkdict".getBytes(StandardCharsets.UTF_8),
                        new InodeData(FileType.REGULAR.modeBits() | PERMISSIONS)
                                .owner(OWNER, OWNER)
                                .size((long) file.length * like.chunkSize())
                                .chunks(file));
        long flags =
                like.compressor().superFlag()
                        | like.digester().superFlag()
                        | (like.explicitOwners() ? SuperFlags.EXPLICIT_UID_GID : 0);
        List<TreeEntry> named = tree.named(prefetch);
        byte[] bootstrap =
                like.version() == RafsVersion.V5
                        ? new V5Writer(tree, result, table, like.chunkSize(), like.digester())
                                .write(flags, named)
                        : new V6Writer(tree, result, table, like.chunkSize(), like.blockSize())
                                .write(flags | SuperFlags.ENCRYPTION_NONE, named);
        LOG.info(
                "chunk dictionary: {} chunks of {} blobs: {}",
                file.length,
                table.size(),
                table.stream().map(BlobInfo::id).collect(Collectors.joining(" ")));
        return new MergedImage(
                bootstrap, List.copyOf(table), tree.count(), like.version(), like.compressor());
    }
}
