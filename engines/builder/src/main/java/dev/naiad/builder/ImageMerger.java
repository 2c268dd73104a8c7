package dev.naiad.builder;

import dev.naiad.base.bytes.Hex;
import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.LoadedBlobs;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.Overlay;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.LayerHint;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import dev.naiad.rafs.reader.BootstrapReader;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes one image of the bootstraps of several layers. Whiteouts follow the OCI rules.
 * docs/formats/rafs-v6.md#overlay
 */
public final class ImageMerger {
    private final MergeOptions options;
    private final ChunkStore store = new ChunkStore();
    private final TreeLoader loader = new TreeLoader(store, false);
    private final LoadedBlobs blobs = new LoadedBlobs();
    private final Set<String> dictionary = new HashSet<>();

    private ImageMerger(MergeOptions options) {
        this.options = options;
    }

    /**
     * Merges layers.
     *
     * @param layers lowest first; their memory is only needed during the call
     * @throws InconsistentLayersException if they were built with different options
     */
    public static MergedImage merge(List<LayerBootstrap> layers, MergeOptions options) {
        if (layers.isEmpty()) {
            throw new NaiadException(ErrorKind.INVALID_ARGUMENT, "merge: no source bootstraps");
        }
        return new ImageMerger(options).run(layers);
    }

    private MergedImage run(List<LayerBootstrap> layers) {
        var images = new ArrayList<Bootstrap>();
        for (var layer : layers) {
            images.add(BootstrapReader.open(layer.bootstrap(), layer.name()));
        }
        var first = images.getFirst();
        @Nullable Bootstrap parent = options.parent();
        @Nullable Bootstrap dict = options.dictionary();
        if (first.isTarfs() && (parent != null || dict != null)) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    first.name() + ": tarfs layers cannot have a parent or a chunk dictionary");
        }
        var reference = dict != null ? dict : parent != null ? parent : first;
        if (dict != null) {
            dict.blobs().forEach(blob -> dictionary.add(blob.id()));
        }
        var merged = new FileTree();
        if (parent != null) {
            checkCompatible(reference, parent);
            merged = loader.load(parent, blobs.positions(parent.blobs()));
        }
        for (int i = 0; i < images.size(); i++) {
            checkCompatible(reference, images.get(i));
            var tree = loader.load(images.get(i), blobPositions(layers.get(i), images.get(i)));
            overlay(merged, tree, images.get(i).name());
        }
        merged.forEach(entry -> entry.inode().hint(LayerHint.NONE));
        return write(merged, first, images.getLast());
    }

    private static void overlay(FileTree merged, FileTree layer, String name) {
        try {
            Overlay.apply(merged, layer, WhiteoutSpec.OCI);
        } catch (NaiadException e) {
            throw new NaiadException(e.kind(), name + ": " + e.getMessage(), e);
        }
    }

    private static void checkCompatible(Bootstrap reference, Bootstrap image) {
        check(reference, image, "RAFS version", reference.version(), image.version());
        check(reference, image, "chunk size", hex(reference.chunkSize()), hex(image.chunkSize()));
        check(
                reference,
                image,
                "explicit uid and gid",
                reference.hasExplicitOwners(),
                image.hasExplicitOwners());
        check(reference, image, "tarfs mode", reference.isTarfs(), image.isTarfs());
        if (reference.version() == RafsVersion.V5) {
            check(
                    reference,
                    image,
                    "digester",
                    reference.digester().word(),
                    image.digester().word());
        }
    }

    private static String hex(int value) {
        return "0x" + Integer.toHexString(value);
    }

    private static void check(
            Bootstrap reference, Bootstrap image, String what, Object wanted, Object found) {
        if (!wanted.equals(found)) {
            throw new InconsistentLayersException(
                    image.name()
                            + ": "
                            + what
                            + " is "
                            + found
                            + ", but "
                            + wanted
                            + " in "
                            + reference.name());
        }
    }

    private int[] blobPositions(LayerBootstrap layer, Bootstrap image) {
        var own = image.blobs().stream().filter(blob -> !dictionary.contains(blob.id())).toList();
        if (own.size() > 1) {
            throw new NaiadException(
                    ErrorKind.INVALID_ARGUMENT,
                    image.name()
                            + ": invalid per layer bootstrap, having multiple associated data blobs: "
                            + own.stream().map(BlobInfo::id).toList());
        }
        int[] result = new int[image.blobs().size()];
        for (var blob : image.blobs()) {
            boolean named = !dictionary.contains(blob.id()) && !image.isTarfs();
            result[blob.index()] = blobs.position(named ? identify(layer, blob) : blob);
        }
        return result;
    }

    /** The blob with the id and sizes that are known only outside its bootstrap. */
    private static BlobInfo identify(LayerBootstrap layer, BlobInfo blob) {
        boolean separate = blob.has(BlobFeatures.SEPARATE);
        @Nullable String metaDigest = layer.metaDigest();
        long size = layer.blobSize();
        var toc = blob.toc();
        @Nullable String tocDigest = layer.tocDigest();
        if (tocDigest != null || layer.tocSize() >= 0) {
            toc =
                    new BlobInfo.TocLocation(
                            layer.tocSize() >= 0 ? layer.tocSize() : toc.size(),
                            tocDigest != null ? Hex.decode(tocDigest) : toc.digest());
        }
        return new BlobInfo(
                blob.index(),
                layer.blobId(),
                blob.chunkSize(),
                blob.chunkCount(),
                blob.compressor(),
                blob.digester(),
                blob.features().without(BlobFeatures.INLINED_FS_META),
                !separate && size >= 0 ? size : blob.compressedSize(),
                blob.uncompressedSize(),
                blob.meta(),
                toc,
                separate && metaDigest != null ? Hex.decode(metaDigest) : blob.metaDigest(),
                separate && size >= 0 ? size : blob.metaSize(),
                blob.cipher(),
                blob.cipherKey(),
                blob.cipherIv(),
                blob.blocks(),
                blob.mappedBlock(),
                blob.readaheadSize());
    }

    private MergedImage write(FileTree tree, Bootstrap first, Bootstrap last) {
        var usedBlobs = renumber(tree);
        boolean encrypted = usedBlobs.stream().anyMatch(blob -> blob.cipher() != Cipher.NONE);
        long flags =
                last.compressor().superFlag()
                        | last.digester().superFlag()
                        | (last.flags() & (SuperFlags.EXPLICIT_UID_GID | SuperFlags.TARFS_MODE));
        var prefetch =
                options.prefetch() == PrefetchPolicy.FS
                        ? tree.named(options.patterns())
                        : List.<TreeEntry>of();
        byte[] bootstrap;
        if (first.version() == RafsVersion.V5) {
            bootstrap =
                    new V5Writer(tree, store, usedBlobs, last.chunkSize(), last.digester())
                            .write(flags, prefetch);
        } else {
            flags |= encrypted ? SuperFlags.ENCRYPTION_AES_128_XTS : SuperFlags.ENCRYPTION_NONE;
            bootstrap =
                    new V6Writer(tree, store, usedBlobs, last.chunkSize(), last.blockSize())
                            .write(flags, prefetch);
        }
        return new MergedImage(
                bootstrap, usedBlobs, tree.count(), first.version(), first.compressor());
    }

    /** Keeps the blobs in use, numbered in the order in which the tree's files first use them. */
    private List<BlobInfo> renumber(FileTree tree) {
        int[] places = new int[blobs.count()];
        Arrays.fill(places, -1);
        var kept = new ArrayList<BlobInfo>();
        tree.forEach(
                entry -> {
                    for (int number : entry.inode().chunks()) {
                        int blob = store.blobIndex(number);
                        if (places[blob] < 0) {
                            places[blob] = kept.size();
                            kept.add(blobs.get(blob).withIndex(kept.size()));
                        }
                    }
                });
        for (int number = 0; number < store.count(); number++) {
            store.moveToBlob(number, places[store.blobIndex(number)]);
        }
        return kept;
    }
}
