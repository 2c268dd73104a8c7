package dev.naiad.convert.conversion;

import dev.naiad.base.config.ConfigNode;
import dev.naiad.base.config.JsonReader;
import dev.naiad.base.config.JsonWriter;
import dev.naiad.convert.push.PushedImage;
import dev.naiad.oci.image.ImageIndex;
import dev.naiad.oci.image.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The index that has OCI and Nydus forms of an image. */
final class MixedIndex {
    private MixedIndex() {}

    static byte[] toJson(List<PushedImage> images) {
        var index =
                ImageIndex.of(
                        MediaTypes.OCI_INDEX,
                        images.stream().map(PushedImage::descriptor).toList());
        // compat: the original leaves the media type out of this index.
        ConfigNode json = JsonReader.parse("index", index.toJson()).without("mediaType");
        return JsonWriter.pretty().likeGo().value(json).toString().getBytes(StandardCharsets.UTF_8);
    }
}
