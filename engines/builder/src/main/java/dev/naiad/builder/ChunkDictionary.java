package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.chunk.ChunkStore;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.RafsVersion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An image whose chunks a build refers to instead of storing them again. Its chunks come first in
 * the build's store; those of the build follow.
 */
final class ChunkDictionary {
    private final Bootstrap image;
    private final ChunkStore store;
    private final int own;
    private final int chunks;

    /**
     * Loads the chunks of {@code image} into {@code store}, which must be empty.
     *
     * @param loader of that store
     * @param before the blobs that come before the build's own: those of the dictionary that are
     *     among them are theirs
     * @throws NaiadException if a build with these options cannot refer to them
     */
    ChunkDictionary(
            Bootstrap image,
            BuildOptions options,
            ChunkStore store,
            TreeLoader loader,
            List<BlobInfo> before) {
        this.image = image;
        this.store = store;
        this.own = before.size();
        check("chunk dictionary", image, options);
        int[] places = new int[image.blobs().size()];
        // After the build's own blob until the table is made.
        Arrays.setAll(places, blob -> own + 1 + blob);
        for (var blob : before) {
            for (var other : image.blobs()) {
                if (other.id().equals(blob.id())) {
                    places[other.index()] = blob.index();
                }
            }
        }
        loader.load(image, places);
        chunks = store.count();
    }

    /** Refuses an image that a build with these options cannot refer to. */
    static void check(String role, Bootstrap image, BuildOptions options) {
        same(role, image, "RAFS version", options.version().word(), image.version().word());
        same(role, image, "chunk size", options.chunkSize(), image.chunkSize());
        same(role, image, "digester", options.digester().word(), image.digester().word());
        if (options.version() == RafsVersion.V5) {
            // A v5 image names one compressor for all its blobs.
            same(role, image, "compressor", options.compressor().word(), image.compressor().word());
        }
        for (var blob : image.blobs()) {
            if (blob.hasPlaceholderId()) {
                throw unusable(
                        role,
                        image,
                        "its bootstrap lies inside its blob and cannot name it; run `nydus-image merge` on it and use the result");
            }
            if (blob.has(BlobFeatures.EXTERNAL) || blob.has(BlobFeatures.TARFS)) {
                throw unusable(
                        role,
                        image,
                        "blob "
                                + blob.id()
                                + " is external or a tar archive; use an image built from plain layers");
            }
        }
    }

    private static void same(
            String role, Bootstrap image, String what, Object wanted, Object found) {
        if (!wanted.equals(found)) {
            throw unusable(
                    role, image, what + " is " + found + ", but " + wanted + " in this build");
        }
    }

    private static NaiadException unusable(String role, Bootstrap image, String why) {
        return new NaiadException(
                ErrorKind.FAILED_PRECONDITION, role + " " + image.name() + ": " + why);
    }

    /**
     * The dictionary's blobs that the files of {@code tree} use and that nobody named before, in
     * the order of first use, numbered from {@code first}. Chunks are moved to these numbers: to be
     * called once.
     */
    List<BlobInfo> usedBlobs(FileTree tree, int first) {
        int[] places = new int[own + 1 + image.blobs().size()];
        var used = new ArrayList<BlobInfo>();
        tree.forEach(
                entry -> {
                    for (int number : entry.inode().chunks()) {
                        int blob = store.blobIndex(number);
                        if (number < chunks && blob > own && places[blob] == 0) {
                            int place = first + used.size();
                            places[blob] = place + 1;
                            used.add(image.blobs().get(blob - own - 1).withIndex(place));
                        }
                    }
                });
        for (int number = 0; number < chunks; number++) {
            int blob = store.blobIndex(number);
            if (blob > own) {
                // Chunks of other blobs are unused and therefore not written.
                store.moveToBlob(number, Math.max(0, places[blob] - 1));
            }
        }
        return used;
    }
}
