package dev.naiad.convert.conversion;

import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.SourceImage;
import dev.naiad.convert.push.ImageTarget;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import java.util.List;

/** Gives what was converted its name: the last step. */
public final class Tagging {
    private Tagging() {}

    /** One image keeps its manifest; several get an index. */
    public static void tag(
            ConvertOptions options,
            SourceImage image,
            List<PushedImage> converted,
            ImageTarget target) {
        String tag = options.target().tag().orElse("latest");
        if (converted.size() == 1) {
            PushedImage only = converted.getFirst();
            target.putManifest(tag, only.mediaType(), only.manifest(), Deadline.never());
            return;
        }
        if (options.mergePlatform()) {
            target.putManifest(
                    tag, MediaTypes.OCI_INDEX, MixedIndex.toJson(converted), Deadline.never());
            return;
        }
        String type = image.indexType().orElse(MediaTypes.OCI_INDEX);
        String indexType = options.toOci() ? MediaTypes.toOci(type) : type;
        List<Descriptor> manifests = converted.stream().map(PushedImage::descriptor).toList();
        target.putManifest(
                tag, indexType, ImageIndex.of(indexType, manifests).toJson(), Deadline.never());
    }
}
