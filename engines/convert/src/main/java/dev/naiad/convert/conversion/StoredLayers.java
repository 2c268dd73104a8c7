package dev.naiad.convert.conversion;

import dev.naiad.base.bytes.Digest;
import dev.naiad.builder.BuildOptions;
import dev.naiad.convert.pull.BlobBytes;
import dev.naiad.convert.pull.ImageSource;
import dev.naiad.convert.verify.Evidence;
import dev.naiad.layers.NydusLayer;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.NydusAnnotations;
import dev.naiad.rafs.BlobFeatures;
import dev.naiad.rafs.BlobInfo;
import dev.naiad.rafs.Bootstrap;
import dev.naiad.rafs.reader.BootstrapReader;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/** Layers that were converted earlier and lie in a repository. */
final class StoredLayers {
    private StoredLayers() {}

    /**
     * Reads what the merge needs of one; its data stay where they are.
     *
     * @param build what the layer must have been built with
     * @param references whether layers may keep their data in the original
     * @return empty if it was built otherwise
     * @throws dev.naiad.base.error.NaiadException if it is not there or no Nydus layer
     */
    static Optional<ConvertedLayer> read(
            Descriptor blob, ImageSource source, BuildOptions build, boolean references) {
        String id = blob.digest().hex();
        var bytes = BlobBytes.of(source, List.of(blob)).open(id);
        String original = blob.annotations().get(NydusAnnotations.REF);
        if (original != null && !references) {
            return Optional.empty();
        }
        NydusLayer read = NydusLayer.read(blob.digest(), bytes);
        // The blob of a plain archive does not tell that it is the archive's.
        NydusLayer layer = original == null ? read : read.describing(Digest.parse(original));
        Bootstrap bootstrap =
                BootstrapReader.open(MemorySegment.ofArray(layer.bootstrap()), bytes.name());
        if (!fits(layer.blobId(), bootstrap, original == null ? build : build.forReference())) {
            return Optional.empty();
        }
        return Optional.of(
                new ConvertedLayer(
                        blob,
                        layer.forMerge(),
                        layer.blobMeta(),
                        Optional.of(Evidence.ofCached(layer.blobId(), bootstrap))));
    }

    /**
     * Layers of other options cannot be merged with ours, and one with chunks of a dictionary is of
     * no use without that: even if it has only those, and so one blob, which is not its own.
     */
    private static boolean fits(String id, Bootstrap bootstrap, BuildOptions build) {
        return bootstrap.version() == build.version()
                && bootstrap.chunkSize() == build.chunkSize()
                && bootstrap.compressor() == build.compressor()
                && bootstrap.digester() == build.digester()
                && bootstrap.blobs().size() <= 1
                && bootstrap.blobs().stream().allMatch(blob -> isOwn(id, blob));
    }

    /** Whether the blob is the layer's, whose bootstrap may have been written before its id. */
    private static boolean isOwn(String id, BlobInfo blob) {
        return blob.has(BlobFeatures.INLINED_FS_META) || blob.id().equals(id);
    }
}
