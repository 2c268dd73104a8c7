package dev.naiad.builder.rewrite;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.MergedImage;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.load.TreeWalk;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.TreeEntry;
import dev.naiad.builder.v5.V5Writer;
import dev.naiad.builder.v6.V6Writer;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.Cipher;
import dev.naiad.rafs.RafsVersion;
import dev.naiad.rafs.SuperFlags;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An image in memory: its tree, its chunks, its blobs, and how to write it again. */
final class LoadedImage {
    private final Bootstrap image;
    private final List<BlobInfo> blobs;
    private final ChunkStore store = new ChunkStore();
    private final FileTree tree;
    private final List<TreeEntry> prefetch;

    private LoadedImage(Bootstrap image, List<BlobInfo> blobs) {
        this.image = image;
        this.blobs = blobs;
        this.tree =
                new TreeLoader(store, false)
                        .load(image, blobs.stream().mapToInt(BlobInfo::index).toArray());
        this.prefetch = prefetch(image, tree);
    }

    /**
     * Loads it.
     *
     * @param verb what is to be done to it, for errors
     * @param named the blob table with the ids under which the blobs are found
     */
    static LoadedImage load(String verb, Bootstrap image, List<BlobInfo> named) {
        if (image.isTarfs()) {
            throw refused(
                    verb,
                    image,
                    "the data of a tarfs image are the archives of its layers, which stay as they"
                            + " are; build it with --type tar-rafs");
        }
        for (var blob : named) {
            if (blob.has(BlobFeatures.V5_NO_EXTENDED_TABLE)) {
                throw refused(
                        verb,
                        image,
                        "an image of 2020 that does not number its chunks; convert it again");
            }
            if (!blob.namesMetaBlob()) {
                throw refused(
                        verb,
                        image,
                        "its bootstrap lies beside its chunk information and cannot name it; run"
                                + " `nydus-image merge` on it and use the result");
            }
        }
        // The blobs' names are known here: the new bootstrap need not be stored beside them.
        return new LoadedImage(
                image,
                named.stream()
                        .map(blob -> blob.withoutFeatures(BlobFeatures.INLINED_FS_META))
                        .toList());
    }

    private static NaiadException refused(String verb, Bootstrap image, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, verb + ": " + image.name() + ": " + why);
    }

    /** The same files as before, in the same order. */
    private static List<TreeEntry> prefetch(Bootstrap image, FileTree tree) {
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

    Bootstrap image() {
        return image;
    }

    /** The blob table, ordered by index. */
    List<BlobInfo> blobs() {
        return blobs;
    }

    ChunkStore store() {
        return store;
    }

    FileTree tree() {
        return tree;
    }

    /**
     * Writes the current tree.
     *
     * @param chunks knows the numbers that the tree's files have
     * @param table the new blob table
     */
    MergedImage write(ChunkStore chunks, List<BlobInfo> table) {
        long flags =
                image.compressor().superFlag()
                        | image.digester().superFlag()
                        | (image.flags() & SuperFlags.EXPLICIT_UID_GID);
        byte[] bootstrap;
        if (image.version() == RafsVersion.V5) {
            bootstrap =
                    new V5Writer(tree, chunks, table, image.chunkSize(), image.digester())
                            .write(flags, prefetch);
        } else {
            boolean encrypted = table.stream().anyMatch(blob -> blob.cipher() != Cipher.NONE);
            flags |= encrypted ? SuperFlags.ENCRYPTION_AES_128_XTS : SuperFlags.ENCRYPTION_NONE;
            bootstrap =
                    new V6Writer(tree, chunks, table, image.chunkSize(), image.blockSize())
                            .write(flags, prefetch);
        }
        return new MergedImage(
                bootstrap, List.copyOf(table), tree.count(), image.version(), image.compressor());
    }
}
