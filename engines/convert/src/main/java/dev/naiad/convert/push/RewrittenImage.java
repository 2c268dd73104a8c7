package dev.naiad.convert.push;

import dev.naiad.base.bytes.Digest;
import dev.naiad.base.concurrent.Deadline;
import dev.naiad.convert.pull.SourceImage.PlatformImage;
import dev.naiad.oci.image.Descriptor;
import dev.naiad.oci.image.ImageConfig;
import dev.naiad.oci.image.Manifest;
import java.util.List;
import java.util.Map;

/** Config and manifest of an image that is another one but for its layers. */
public final class RewrittenImage {
    private RewrittenImage() {}

    /**
     * Stores both, under their digests. The layers must be there.
     *
     * @param like all else is its
     * @param annotations of the manifest
     */
    public static PushedImage write(
            ImageTarget target,
            PlatformImage like,
            List<Descriptor> layers,
            ImageConfig newConfig,
            Map<String, String> annotations) {
        Deadline deadline = Deadline.never();
        Manifest from = like.manifest();
        byte[] config = newConfig.toJson();
        Descriptor configDescriptor =
                from.config().at(from.config().mediaType(), Digest.sha256Of(config), config.length);
        byte[] manifest =
                new Manifest(from.mediaType(), configDescriptor, layers, annotations, from.json())
                        .toJson();
        target.putBlob(configDescriptor.digest(), config, deadline);
        Digest digest = Digest.sha256Of(manifest);
        target.putManifest(digest.toString(), from.mediaType(), manifest, deadline);
        long size = config.length + layers.stream().mapToLong(Descriptor::size).sum();
        return new PushedImage(
                like.descriptor().at(from.mediaType(), digest, manifest.length),
                from.mediaType(),
                manifest,
                size);
    }
}
