package dev.naiad.builder;

import dev.naiad.base.error.ErrorKind;
import dev.naiad.base.error.NaiadException;
import dev.naiad.builder.load.TreeLoader;
import dev.naiad.builder.tree.FileTree;
import dev.naiad.builder.tree.Overlay;
import dev.naiad.builder.tree.WhiteoutSpec;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import java.util.List;

/**
 * The image below the layer that is built: its blob table stays as it is and the new blob comes
 * after it, its chunks are shared, and the layer changes its tree.
 */
final class ParentImage {
    private final Bootstrap image;
    private final FileTree tree;

    /**
     * Loads {@code image}.
     *
     * @param loader of the build's store
     * @throws NaiadException if it was built with options that do not fit
     */
    ParentImage(Bootstrap image, BuildOptions options, TreeLoader loader) {
        this.image = image;
        ChunkDictionary.check("parent bootstrap", image, options);
        if (image.hasExplicitOwners() != options.explicitOwners()) {
            throw new NaiadException(
                    ErrorKind.FAILED_PRECONDITION,
                    "parent bootstrap "
                            + image.name()
                            + ": explicit uid and gid is "
                            + image.hasExplicitOwners()
                            + ", but "
                            + options.explicitOwners()
                            + " in this build (--repeatable)");
        }
        int[] places = new int[image.blobs().size()];
        for (int i = 0; i < places.length; i++) {
            places[i] = i;
        }
        tree = loader.load(image, places);
    }

    List<BlobInfo> blobs() {
        return image.blobs();
    }

    /** Lays the layer over the parent; to be called once. */
    FileTree under(FileTree layer, WhiteoutSpec spec) {
        Overlay.apply(tree, layer, spec);
        return tree;
    }
}
